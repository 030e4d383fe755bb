import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

/// Whether a policy's backups are proven, and which is to be proven now: a function of the policy, its backups, what the
/// store knows, and the time.
struct PolicyVerification {
    struct Request: Sendable, Hashable {
        var backup: String
        /// The same for the same slot: asked again after a crash, nothing is done twice.
        var token: String
    }

    /// The last verdict on one backup.
    struct Verdict: Sendable, Hashable {
        var backup: String
        var recoveryPoint: Date
        var isProven: Bool
        var at: Date
        var seconds: Int64?
        var message: String
    }

    let policy: BackupPolicy
    let backups: [Backup]
    let proofs: [Proof]
    let calendar: SlotCalendar?
    /// Of `spec.schedule`.
    let backupCalendar: SlotCalendar?
    let created: Date
    let now: Date

    var verification: BackupVerification? { policy.spec.verification }
    private var complete: [Backup] { backups.filter { $0.isComplete && !$0.isMissing } }

    static let everyBackupToken = "every-backup"
    static let degradingReasons: Set<String> = [Reason.verificationOverdue, Reason.verificationFailed]

    // MARK: Verdicts

    /// What the objects say, and where there is none what the store says.
    var verdicts: [Verdict] {
        var all: [String: Verdict] = [:]
        for proof in proofs {
            all[proof.backup] = Verdict(
                backup: proof.backup, recoveryPoint: proof.recoveryPoint.wholeSeconds,
                isProven: proof.verdict == .proven,
                at: proof.finishedAt.wholeSeconds, seconds: proof.seconds,
                message: proof.failure.map { "\($0.name): \($0.message)" } ?? "")
        }
        for backup in complete {
            guard let isProven = backup.isProven, let at = backup.status?.verification?.verdictAt else { continue }
            if let known = all[backup.name], known.at > at { continue }
            all[backup.name] = Verdict(
                backup: backup.name, recoveryPoint: backup.status?.recoveryPoint ?? .distantPast, isProven: isProven,
                at: at,
                seconds: backup.status?.verification?.durationSeconds,
                message: backup.status?.conditions?[ConditionType.restoreVerified]?.message ?? "")
        }
        return all.values.sorted { ($0.at, $0.backup) < ($1.at, $1.backup) }
    }

    /// A backup that is broken, unless one as new or newer was proven after that was found.
    static func unresolved(_ verdicts: [Verdict]) -> Verdict? {
        verdicts.last { bad in
            !bad.isProven
                && !verdicts.contains {
                    $0.isProven && $0.recoveryPoint >= bad.recoveryPoint && $0.at >= bad.at && $0.backup != bad.backup
                }
        }
    }

    /// What was proven last, kept when the object that said so is deleted, and not when its backup turned out broken.
    func record(_ status: inout BackupPolicy.Status, _ verdicts: [Verdict]) {
        let best = verdicts.last(where: \.isProven)
        let isKept =
            status.lastVerifiedBackup != nil
            && !verdicts.contains { $0.backup == status.lastVerifiedBackup && !$0.isProven }
            && (best?.at ?? .distantPast) < (status.lastVerificationTime ?? .distantPast)
        if isKept { return }
        status.lastVerifiedBackup = best?.backup
        status.lastVerificationTime = best?.at
        status.lastVerificationSeconds = best?.seconds
    }

    // MARK: Age

    /// When the last proof is too old; nil when nothing says how old it may be.
    func limit(last: Date?) -> Date? {
        guard let verification else { return nil }
        let base = last ?? created
        if let maxAge = verification.maxAge { return base.addingTimeInterval(Double(maxAge.seconds)) }
        guard let calendar = calendar ?? (verification.everyBackup == true ? backupCalendar : nil),
            let first = calendar.next(after: base), let second = calendar.next(after: first)
        else { return nil }
        let jitter = (verification.schedule ?? policy.spec.schedule)?.jitter?.seconds ?? 0
        return second.addingTimeInterval(Double(verification.deadlineSeconds + jitter))
    }

    func judge(_ status: BackupPolicy.Status, _ verdicts: [Verdict], limit: Date?) -> Judgement {
        if let bad = Self.unresolved(verdicts) {
            return Judgement(
                .false, Reason.verificationFailed, "the backup \(bad.backup) is not what was backed up: \(bad.message)")
        }
        if let limit, limit < now {
            let last =
                status.lastVerificationTime.map { "the last proof is of \(Timestamp.format($0))" }
                ?? "no backup was ever proven"
            return Judgement(
                .false, Reason.verificationOverdue,
                "\(last), and one was due by \(Timestamp.format(limit)); prove one now: dr verify \(policy.name)\(trouble.map { "; the last attempt: \($0.message)" } ?? "")"
            )
        }
        if let time = status.lastVerificationTime, let backup = status.lastVerifiedBackup {
            return Judgement(.true, Reason.verified, "\(backup) was restored and compared at \(Timestamp.format(time))")
        }
        if let trouble { return Judgement(.unknown, trouble.reason, trouble.message) }
        return Judgement(
            .false, Reason.neverVerified,
            verification == nil
                ? "no backup was proven by restoring it; set spec.verification, or run: dr verify \(policy.name)"
                : "no backup was proven by restoring it yet")
    }

    /// Why the newest attempt without a verdict has none.
    private var trouble: Condition? {
        complete.compactMap { backup -> (Date, Condition)? in
            guard let condition = backup.status?.conditions?[ConditionType.restoreVerified],
                let at = backup.status?.verification?.finishedAt,
                condition.status == .unknown
            else { return nil }
            return (at, condition)
        }.max { $0.0 < $1.0 }?.1
    }

    struct Judgement {
        var status: Condition.Status
        var reason: String
        var message: String

        init(_ status: Condition.Status, _ reason: String, _ message: String) {
            self.status = status
            self.reason = reason
            self.message = String(message.prefix(8192))
        }
    }

    // MARK: Requests

    /// What to ask for now, and when to look again.
    func request(_ status: inout BackupPolicy.Status) -> (request: Request?, wakeAt: Date?) {
        guard let verification, !(policy.spec.suspend ?? false) else {
            status.nextVerification = nil
            if self.verification?.schedule == nil { status.lastVerificationSlot = nil }
            return (nil, nil)
        }
        let newest = complete.max {
            ($0.status?.recoveryPoint ?? .distantPast, $0.name) < ($1.status?.recoveryPoint ?? .distantPast, $1.name)
        }
        let isRunning = backups.contains(where: \.isBeingVerified)
        var request: Request?
        var wakeAt: Date?
        if let schedule = verification.schedule, let calendar {
            // Slots before it was asked for are nobody's. One that is ahead was handled by a clock that was wrong.
            if (status.lastVerificationSlot ?? .distantFuture) > now { status.lastVerificationSlot = now.wholeSeconds }
            let decision = ScheduleDecision.decide(
                ScheduleDecision.Input(
                    calendar: calendar, lastSlot: status.lastVerificationSlot, createdAt: created, isRunning: isRunning,
                    isSuspended: false,
                    startingDeadline: schedule.startingDeadline?.duration
                        ?? .seconds(BackupVerification.standardStartingDeadline),
                    jitter: schedule.jitter?.duration ?? .zero, seed: "verify/\(policy.metadata.uid ?? policy.name)"),
                now: now)
            wakeAt = decision.next
            // With nothing to prove the slot stays open: the first backup that is complete closes it.
            if let due = decision.due, let newest {
                request = Request(backup: newest.name, token: "slot-\(Int(due.timeIntervalSince1970))")
                status.lastVerificationSlot = decision.handled
            }
            status.nextVerification = calendar.next(after: now)
        } else {
            status.nextVerification = nil
            status.lastVerificationSlot = nil
        }
        if request == nil, verification.everyBackup == true, !isRunning, let newest, newest.verificationToken == nil,
            newest.isProven == nil
        {
            request = Request(backup: newest.name, token: Self.everyBackupToken)
        }
        return (request, wakeAt)
    }
}
