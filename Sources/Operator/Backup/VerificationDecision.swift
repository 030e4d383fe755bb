import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

/// What the proof of a backup needs now, as a function of what is known of it.
///
/// The annotation asks, `status.verification.requested` says which request was taken up, and `finishedAt` that it was
/// answered. `RestoreVerified` is the last verdict, also while the backup is verified again: a backup that was proven is
/// not less so because it is being looked at.
enum VerificationDecision {
    enum End: Sendable {
        /// Proven or broken; the evidence is in the store.
        case verdict(Proof)
        /// What is stored is whole, and that is all that was looked at: no verdict.
        case checked([VerificationReport.Check], missing: String)
        /// It could not be found out.
        case failed(reason: String, message: String, isRetriable: Bool)
        /// Stopped for something more urgent.
        case interrupted
    }

    struct Input: Sendable {
        var backup: Backup
        var isRunning = false
        /// How an attempt of this process ended.
        var end: End?
        /// Why none may run now; nil when one may.
        var hold: String?
        /// Whether what holds it up is worth stopping for.
        var isUrgent = false
        var now: Date
    }

    struct Output: Sendable {
        var status: Backup.Status
        /// The request that an attempt is started for.
        var start: String?
        var cancel = false
        var wakeAt: Date?
        var event: (isGood: Bool, reason: String, message: String)?
    }

    static let attempts: Int64 = 3
    /// Between two attempts. A time further ahead is of a clock that was wrong.
    static let longestPause: TimeInterval = 60

    static func decide(_ input: Input) -> Output {
        var status = input.backup.status ?? Backup.Status()
        var output = Output(status: status)
        guard input.backup.isComplete, let token = input.backup.verificationToken else { return output }
        var verification = status.verification ?? Backup.Verification()
        let now = input.now.wholeSeconds

        if input.isRunning {
            output.cancel = input.isUrgent
            output.wakeAt = input.now.addingTimeInterval(10)
            return output
        }
        switch input.end {
        case .verdict(let proof):
            record(proof, &status, generation: input.backup.metadata.generation, now: now)
            output.status = status
            let event = status.conditions?[ConditionType.restoreVerified]
            output.event = (proof.verdict == .proven, event?.reason ?? Reason.verified, event?.message ?? "")
            return output
        case .checked(let checks, let missing):
            let names = checks.map(\.name).joined(separator: ", ")
            let message = "not proven: \(missing). Checked: \(names)"
            verification.finishedAt = now
            verification.retryAt = nil
            verification.error = String(message.prefix(4096))
            // The checks of an earlier verdict stay beside it.
            if (status.conditions?[ConditionType.restoreVerified]?.status ?? .unknown) == .unknown {
                verification.checks = Self.told(checks)
            }
            output.event = (false, Reason.onlyChecked, message)
            status.verification = verification
            status.tell(reason: Reason.onlyChecked, message: message, input, now)
            output.status = status
            return output
        case .failed(let reason, let message, let isRetriable):
            verification.error = String(message.prefix(4096))
            let isLast = !isRetriable || (verification.attempts ?? 0) >= attempts
            if isLast {
                verification.finishedAt = now
                verification.retryAt = nil
            } else {
                let retryAt = now.addingTimeInterval(15 * Double(1 << max(0, (verification.attempts ?? 1) - 1)))
                verification.retryAt = retryAt
                output.wakeAt = retryAt
            }
            output.event = (false, reason, message)
            status.verification = verification
            status.tell(reason: reason, message: message, input, now)
            output.status = status
            return output
        case .interrupted: verification.attempts = max(0, (verification.attempts ?? 1) - 1)
        case nil: break
        }
        if verification.requested != token {
            verification.requested = token
            verification.startedAt = nil
            verification.finishedAt = nil
            verification.attempts = nil
            verification.retryAt = nil
            verification.error = nil
        } else if verification.finishedAt != nil {
            return output
        } else if let retryAt = verification.retryAt, retryAt > now, retryAt <= now.addingTimeInterval(longestPause) {
            output.wakeAt = retryAt
            return output
        }
        if let hold = input.hold {
            status.tell(reason: Reason.verificationRequested, message: "waits: \(hold)", input, now)
            output.wakeAt = input.now.addingTimeInterval(10)
        } else {
            verification.startedAt = verification.startedAt ?? now
            verification.attempts = (verification.attempts ?? 0) + 1
            verification.retryAt = nil
            status.tell(
                reason: Reason.verificationRunning, message: "attempt \(verification.attempts ?? 1)", input, now)
            output.start = token
        }
        status.verification = verification
        output.status = status
        return output
    }

    /// Writes a verdict down, from an attempt or from the store.
    static func record(_ proof: Proof, _ status: inout Backup.Status, generation: Int64?, now: Date) {
        var verification = status.verification ?? Backup.Verification()
        verification.requested = proof.requested
        verification.startedAt = verification.startedAt ?? proof.startedAt.wholeSeconds
        verification.finishedAt = proof.finishedAt.wholeSeconds
        verification.verdictAt = proof.finishedAt.wholeSeconds
        verification.attempts = max(1, verification.attempts ?? 1)
        verification.retryAt = nil
        verification.durationSeconds = proof.seconds
        let duration = Span.text(seconds: proof.seconds)
        verification.duration = duration
        verification.checks = told(proof.checks)
        verification.error = proof.failure.map { String("\($0.name): \($0.message)".prefix(4096)) }
        status.verification = verification
        var conditions = status.conditions ?? []
        if let failure = proof.failure {
            conditions.set(
                ConditionType.restoreVerified, .false, reason: Reason.verificationFailed,
                message: String("\(failure.name): \(failure.message)".prefix(8192)), generation: generation, now: now)
        } else {
            let names = proof.checks.prefix(Backup.Verification.maxChecks).map(\.name).joined(separator: ", ")
            conditions.set(
                ConditionType.restoreVerified, .true, reason: Reason.verified,
                message: "restored and compared in \(duration): \(names)", generation: generation, now: now)
        }
        status.conditions = conditions
    }

    private static func told(_ checks: [VerificationReport.Check]) -> [Backup.Check] {
        checks.prefix(Backup.Verification.maxChecks).map {
            Backup.Check(name: String($0.name.prefix(128)), message: String($0.message.prefix(1024)))
        }
    }
}

extension Backup.Status {
    /// Says how it goes, as long as there is no verdict.
    fileprivate mutating func tell(reason: String, message: String, _ input: VerificationDecision.Input, _ now: Date) {
        var all = conditions ?? []
        guard (all[ConditionType.restoreVerified]?.status ?? .unknown) == .unknown else { return }
        all.set(
            ConditionType.restoreVerified, .unknown, reason: reason, message: String(message.prefix(8192)),
            generation: input.backup.metadata.generation, now: now)
        conditions = all
    }
}

extension Backup {
    /// What the annotation asks for.
    var verificationToken: String? {
        guard let token = metadata.annotations?[Self.verifyAnnotation], !token.isEmpty else { return nil }
        return String(token.prefix(128))
    }

    /// Asked for and not answered.
    var isBeingVerified: Bool {
        guard isComplete, let token = verificationToken else { return false }
        return status?.verification?.requested != token || status?.verification?.finishedAt == nil
    }

    /// The last verdict; nil when there is none.
    var isProven: Bool? {
        switch status?.conditions?[ConditionType.restoreVerified]?.status {
        case .true: true
        case .false: false
        case .unknown, nil: nil
        }
    }
}
