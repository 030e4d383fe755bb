import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import RecoveryAPI
import RecoveryEngine

/// What every reconciler works with.
struct OperatorContext: Sendable {
    let client: KubernetesClient
    let resolver: Resolver
    let recorder: EventRecorder
    let activities: ActivityRunner
    let metrics: any OperatorMetrics
    let logger: Logger
    /// Names this operator in the store: host and process.
    let identity: String
    let now: @Sendable () -> Date
    let writers: WriterGate
    let catalogues: CatalogueCaches
    let doubts: StoreDoubts

    /// Whether a backup is being restored to prove it, by this operator.
    var isVerifying: Bool { activities.names.contains { $0.hasPrefix("verif") } }

    /// Writes a status if it differs from what is there. A version that is not the newest is refused by the server and
    /// tried again with what is new. Texts that are too long for the schema are cut.
    /// - Returns: false when the object was deleted meanwhile: nothing is left to tell, and nothing may be begun for it.
    @discardableResult
    func write<R: KubernetesResource>(_ object: R, unless isSame: Bool) async throws -> Bool {
        guard !isSame else { return true }
        do {
            _ = try await client.update(try StatusLimits.fit(object), subresource: "status")
            return true
        } catch let error as KubernetesError where error.isNotFound {
            return false
        }
    }
}

extension [Condition] {
    /// kstatus: Ready says it all; Reconciling and Stalled are there only while true.
    mutating func settle(_ state: Readiness, generation: Int64?, now: Date) {
        switch state {
        case .ready(let reason, let message):
            set("Ready", .true, reason: reason, message: message, generation: generation, now: now)
            remove("Reconciling")
            remove("Stalled")
        case .working(let reason, let message):
            set("Ready", .false, reason: reason, message: message, generation: generation, now: now)
            set("Reconciling", .true, reason: reason, message: message, generation: generation, now: now)
            remove("Stalled")
        case .stalled(let reason, let message):
            set("Ready", .false, reason: reason, message: message, generation: generation, now: now)
            set("Stalled", .true, reason: reason, message: message, generation: generation, now: now)
            remove("Reconciling")
        }
    }
}

/// What an object's conditions say as a whole.
enum Readiness: Sendable, Hashable {
    case ready(reason: String, message: String)
    /// On the way, or tried again by itself.
    case working(reason: String, message: String)
    /// Nothing moves until a person acts.
    case stalled(reason: String, message: String)
}

/// Bytes for people: `91.2 MiB`.
enum ByteText {
    static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1024 || unit == "TiB" {
                return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)"
            }
            value /= 1024
        }
        return "\(bytes) B"
    }
}

extension Date {
    /// Kubernetes keeps whole seconds: a finer time would differ from what comes back, and be written again.
    var wholeSeconds: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
