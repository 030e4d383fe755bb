import Foundation
import KubernetesModel
import RecoveryAPI

/// What a policy that is being deleted waits for, as a function of what is known.
///
/// The data goes only where `spec.onDelete` says so, and the policy never waits for ever for a store that is gone.
enum PolicyDeletion: Sendable, Hashable {
    struct Input: Sendable {
        var policy: BackupPolicy
        var storeExists: Bool
        /// Why the data is not this cluster's to delete; nil when it is.
        var conflict: String?
        /// Its data is being deleted, or was being looked through.
        var isRunning = false
        /// A recovery or a backup under way.
        var obstacle: String?
        /// Attempts that failed in a row, and how the last did.
        var failures: Int
        var failure: String?
        var now: Date
    }

    static let attempts = 10
    /// However often it was tried and whatever is in the way.
    static let limit: TimeInterval = 86400

    /// Nothing of ours holds it.
    case free
    /// Lets the policy go; the data stays, and this is why.
    case letGo(String)
    case wait(until: Date)
    case erase

    static func decide(_ input: Input) -> PolicyDeletion {
        let policy = input.policy
        guard policy.metadata.finalizers?.contains(BackupPolicy.dataFinalizer) ?? false,
            let since = policy.metadata.deletionTimestamp
        else {
            return .free
        }
        guard policy.spec.onDelete == .delete else { return .letGo("spec.onDelete is Retain") }
        guard input.storeExists else {
            return .letGo("there is no BackupStore \"\(policy.spec.storeRef.name)\" any more")
        }
        if let conflict = input.conflict { return .letGo(conflict) }
        let last = input.failure.map { ": \($0)" } ?? ""
        if input.failures >= attempts { return .letGo("\(input.failures) attempts to delete it failed\(last)") }
        if input.now.timeIntervalSince(since) > limit {
            let why = input.isRunning ? ": the store does not answer" : input.obstacle.map { ": \($0)" } ?? last
            return .letGo("it could not be deleted for a day\(why)")
        }
        // It tells when it ends; a store that never answers does not hold the policy for ever.
        if input.isRunning { return .wait(until: since.addingTimeInterval(limit + 1)) }
        if input.obstacle != nil { return .wait(until: input.now.addingTimeInterval(RetentionTurn.patience)) }
        return .erase
    }

    /// Seconds before the next attempt after so many that failed.
    static func delay(_ failures: Int) -> TimeInterval { min(600, 5 * Double(1 << max(0, min(failures, 10) - 1))) }
}
