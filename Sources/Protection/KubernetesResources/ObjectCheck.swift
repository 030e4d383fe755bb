import Cryptography
import Foundation
import KubernetesClient
import KubernetesModel

/// What the API server says to an object before anything is written: by server-side apply with `dryRun=All`, which goes
/// through validation and admission and stores nothing.
struct ObjectCheck: Sendable {
    /// One field manager for ever: what an earlier restore applied belongs to the next one too.
    static let fieldManager = "dr-recovery"

    let client: KubernetesClient
    /// Objects whose own namespace is not there are checked here, under a name that nothing has.
    let standIn: String?

    struct Conflict: Sendable, Hashable {
        var field: String
        var manager: String
    }

    enum Outcome: Sendable, Hashable {
        case created
        /// It would be another object than now.
        case updated
        case unchanged
        case conflicts([Conflict])
        /// The object itself is good, but one that is there cannot become it: a field of it can never change.
        case immovable(String)
        /// Its namespace is not there. It was checked in another one.
        case checkedElsewhere
        /// It could not be checked: `no namespace`, `no kind`, `not allowed`, `no dry run`.
        case unchecked(Unchecked, String)
        /// The server would never take it.
        case refused(String)
    }

    enum Unchecked: String, Sendable, Hashable, CaseIterable {
        case noNamespace = "their namespace does not exist"
        case noKind = "their kind is not installed"
        case notAllowed = "the operator may not write them"
        case noDryRun = "a webhook in the way does not support dry runs"
    }

    /// What was found, and the object as it would be where the server told it.
    struct Finding: Sendable {
        var outcome: Outcome
        var live: JSON?
        var result: JSON?
    }

    func check(_ object: JSON, type: ResourceType, force: Bool) async throws -> Finding {
        let name = object[path: "metadata", "name"]?.string ?? ""
        let namespace = type.namespaced ? object[path: "metadata", "namespace"]?.string : nil
        var live: JSON?
        do {
            live = try await client.getIfPresent(type, name, namespace: namespace)?.content
        } catch let error as KubernetesError where error.reason == .forbidden && !error.isPremature {
            return Finding(outcome: .unchecked(.notAllowed, "\(error)"))
        }
        do {
            let result = try await client.apply(
                object, type: type, name: name, namespace: namespace, fieldManager: Self.fieldManager, force: force,
                dryRun: true
            ).content
            let outcome: Outcome =
                switch live {
                case nil: .created
                case let live?: Self.content(live) == Self.content(result) ? .unchanged : .updated
                }
            return Finding(outcome: outcome, live: live, result: result)
        } catch let error as KubernetesError {
            return Finding(outcome: try await outcome(of: error, object, type, live: live), live: live)
        }
    }

    private func outcome(of error: KubernetesError, _ object: JSON, _ type: ResourceType, live: JSON?) async throws
        -> Outcome
    {
        let words = Self.words(error, type)
        switch error.reason {
        case _ where error.isPremature: throw ResourcesError(error, field: ResourcesSystem.field)
        case .conflict:
            let conflicts = Self.conflicts(error)
            // A conflict of another sort: the object changed between two requests.
            guard !conflicts.isEmpty else { throw ResourcesError(.failed, words, isRetriable: true) }
            return .conflicts(conflicts)
        case .forbidden:
            if error.status.message?.contains("being terminated") ?? false { return .unchecked(.noNamespace, words) }
            return .unchecked(.notAllowed, words)
        case .notFound:
            guard live == nil, type.namespaced else { return .unchecked(.noKind, words) }
            return try await checkElsewhere(object, type) ?? .unchecked(.noNamespace, words)
        case .badRequest where error.status.message?.contains("dry run") ?? false: return .unchecked(.noDryRun, words)
        case .invalid, .badRequest:
            guard live != nil else { return .refused(words) }
            switch try await checkElsewhere(object, type) {
            case .checkedElsewhere: return .immovable(words)
            default: return .refused(words)
            }
        case .unreachable, .serviceUnavailable, .timeout, .serverTimeout, .tooManyRequests, .internalError,
            .unauthorized:
            throw ResourcesError(error, field: ResourcesSystem.field)
        default: return .refused(words)
        }
    }

    /// The content alone, under a name that nothing has. Nil when that cannot be asked.
    private func checkElsewhere(_ object: JSON, _ type: ResourceType) async throws -> Outcome? {
        guard let name = object[path: "metadata", "name"]?.string, !type.namespaced || standIn != nil else {
            return nil
        }
        // Of some kinds the name says what the object is.
        if ["customresourcedefinitions", "apiservices", "namespaces"].contains(type.plural) { return nil }
        let other =
            "\(name.prefix(40).trimmingCharacters(in: ["-", "."]))-dr\(try SecureRandom.hexString(byteCount: 5))"
        var copy = object
        copy["metadata"]?["name"] = .string(other)
        if type.namespaced { copy["metadata"]?["namespace"] = standIn.map(JSON.string) }
        if type.groupResource == "services" { copy = ServiceAddresses.removed(from: copy) }
        do {
            _ = try await client.apply(
                copy, type: type, name: other, namespace: type.namespaced ? standIn : nil,
                fieldManager: Self.fieldManager, force: false, dryRun: true)
            return .checkedElsewhere
        } catch let error as KubernetesError {
            switch error.reason {
            case _ where error.isPremature: throw ResourcesError(error, field: ResourcesSystem.field)
            case .invalid: return .refused(Self.words(error, type))
            case .badRequest where !(error.status.message?.contains("dry run") ?? false):
                return .refused(Self.words(error, type))
            case .forbidden, .notFound, .badRequest: return nil
            default: throw ResourcesError(error, field: ResourcesSystem.field)
            }
        }
    }

    /// Without what every write changes.
    static func content(_ object: JSON) -> JSON {
        var result = object
        for field in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"] {
            result["metadata"]?[field] = nil
        }
        result["status"] = nil
        return result
    }

    /// The server's words. Of a Secret only the fields: a message may quote a value.
    static func words(_ error: KubernetesError, _ type: ResourceType) -> String {
        guard type.groupResource == "secrets" else { return error.status.message ?? "\(error)" }
        let fields = (error.status.details?.causes ?? []).map { "\($0.field ?? "?") (\($0.reason ?? "refused"))" }
        return
            "\(error.request): \(error.reason.rawValue)\(fields.isEmpty ? "" : ": \(fields.joined(separator: ", "))")"
    }

    /// `conflict with "kubectl" using apps/v1` and the field, cause by cause.
    static func conflicts(_ error: KubernetesError) -> [Conflict] {
        (error.status.details?.causes ?? []).filter { $0.reason == "FieldManagerConflict" }.map { cause in
            let words = (cause.message ?? "").split(separator: "\"", omittingEmptySubsequences: false)
            return Conflict(
                field: cause.field ?? "?", manager: words.count > 2 ? String(words[1]) : cause.message ?? "?")
        }
    }
}

/// Addresses that a Service asked for itself: two Services cannot have the same.
enum ServiceAddresses {
    static func removed(from service: JSON) -> JSON {
        var result = service
        if service[path: "spec", "clusterIP"]?.string != "None" {
            result["spec"]?["clusterIP"] = nil
            result["spec"]?["clusterIPs"] = nil
        }
        result["spec"]?["healthCheckNodePort"] = nil
        if let ports = service[path: "spec", "ports"]?.array {
            let free = ports.map { port in
                var port = port
                port["nodePort"] = nil
                return port
            }
            result["spec"]?["ports"] = .array(free)
        }
        return result
    }
}
