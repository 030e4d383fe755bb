import Foundation
import KubernetesModel
import RecoveryAPI

/// Whether the login that took the newest backup will do for the next one: a function of the policy, that backup, and the
/// time. A login that was replaced since is known with the next backup.
struct PolicyCredential {
    /// A backup that starts with a token must be able to end with it.
    static let margin: TimeInterval = 3600
    /// Without a schedule, and where nothing puts the end off: so long a person needs.
    static let soon: TimeInterval = 86400

    let policy: BackupPolicy
    let newest: Backup?
    /// Of `spec.schedule`.
    let calendar: SlotCalendar?
    let now: Date

    func record(_ status: inout BackupPolicy.Status, _ conditions: inout [Condition], generation: Int64?) {
        let credential = newest?.status?.credential
        status.credentialEndsAt = credential?.endsAt
        guard let credential, let newest else {
            conditions.removeAll { $0.type == ConditionType.credentialLasts }
            return
        }
        let ends = Timestamp.format(credential.endsAt)
        guard credential.endsAt < neededUntil(credential, newest) else {
            conditions.set(
                ConditionType.credentialLasts, .true, reason: Reason.tokenLasts,
                message: "the token lasts until \(ends)", generation: generation,
                now: now)
            return
        }
        let what = credential.endsAt <= now ? "ended at \(ends)" : "ends at \(ends)"
        let when = nextSlot(newest).map { ", the next backup is due at \(Timestamp.format($0))" } ?? ""
        conditions.set(
            ConditionType.credentialLasts, .false, reason: Reason.tokenExpires,
            message:
                "the token that took \(newest.name) \(what)\(when); put a new one into its Secret, then: dr backup \(policy.name)",
            generation: generation, now: now)
    }

    /// The first after the newest backup began. It may be past: then the backup is under way, or failed.
    private func nextSlot(_ newest: Backup) -> Date? {
        guard !(policy.spec.suspend ?? false), let start = newest.status?.startedAt ?? newest.status?.finishedAt else {
            return nil
        }
        return calendar?.next(after: start)
    }

    private func neededUntil(_ credential: Backup.Credential, _ newest: Backup) -> Date {
        let person = now.addingTimeInterval(Self.soon)
        guard let slot = nextSlot(newest) else { return person }
        let needed = slot.addingTimeInterval(Double(policy.spec.schedule?.jitter?.seconds ?? 0) + Self.margin)
        return credential.renewed ? needed : max(needed, person)
    }
}
