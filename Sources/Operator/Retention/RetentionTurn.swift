import Foundation
import KubernetesModel
import RecoveryAPI

/// Whether a policy's backups are looked through for what expires now, as a function of what is known.
///
/// After every complete backup, after every change of the spec, and once a day. Never while the policy is suspended: where
/// nothing is taken nothing goes. Never beside what may read or build on a backup.
enum RetentionTurn: Sendable, Hashable {
    struct Input: Sendable {
        var policy: BackupPolicy
        /// Of this policy.
        var backups: [Backup]
        /// Of the namespace.
        var runs: [RecoveryRun]
        var isVerifying: Bool
        /// Nil when the store is ready and this cluster may write in it.
        var problem: String?
        var now: Date
    }

    static let interval: TimeInterval = 86400
    /// Seconds until a look whether what was in the way has ended.
    static let patience: TimeInterval = 30

    /// There are no rules: everything is kept.
    case off
    /// Not now. The text is why, where it is more than time.
    case wait(String?, until: Date)
    case due

    static func decide(_ input: Input) -> RetentionTurn {
        guard input.policy.spec.retention != nil else { return .off }
        let status = input.policy.status?.retention
        if input.policy.spec.suspend ?? false {
            return .wait("the policy is suspended: nothing is deleted", until: input.now.addingTimeInterval(interval))
        }
        // What a wrong clock says to be yet to come is looked at when it has come; until then it would be news at every look.
        let finished = input.backups.filter(\.isComplete).compactMap { $0.status?.finishedAt }
        let newest = finished.filter { $0 <= input.now }.max()
        let following = finished.filter { $0 > input.now }.min() ?? .distantFuture
        if let last = status?.lastRun, status?.observedGeneration == input.policy.metadata.generation,
            newest.map({ $0 <= last }) ?? true,
            last <= input.now, input.now.timeIntervalSince(last) < interval
        {
            // Times have whole seconds: of one second nobody knows which came first. In the next it is looked again.
            guard newest == last else {
                return .wait(nil, until: min(last.addingTimeInterval(interval), following.addingTimeInterval(1)))
            }
            guard input.now.timeIntervalSince(last) >= 1 else { return .wait(nil, until: last.addingTimeInterval(1)) }
        }
        guard let obstacle = obstacle(input) else { return .due }
        return .wait(obstacle, until: input.now.addingTimeInterval(patience))
    }

    private static func obstacle(_ input: Input) -> String? {
        if let problem = input.problem { return problem }
        if let run = input.runs.filter(\.isUnderWay).map(\.name).min() {
            return "nothing is deleted while the RecoveryRun \(run) is not over"
        }
        if let backup = input.backups.filter(\.isUnderWay).map(\.name).min() { return "waits for the Backup \(backup)" }
        return input.isVerifying ? "waits for a verification" : nil
    }
}

extension RecoveryRun {
    /// Paused ones, too: they go on and may read any backup.
    var isUnderWay: Bool { !(status?.state?.isTerminal ?? false) }
}

extension Backup {
    /// It is being made, or will be. One from a catalogue is there or is not.
    var isUnderWay: Bool { !isTerminal && spec.fromCatalogue != true }
}
