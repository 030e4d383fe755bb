import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

/// What a backup needs now, as a function of what is known of it.
enum BackupDecision {
    enum End: Sendable {
        case complete(Manifest)
        /// - Parameter isStored: Every byte was acknowledged by the store; it is the manifest that was not written.
        case failed(message: String, isRetriable: Bool, isStored: Bool = false)
    }

    struct Input: Sendable {
        var backup: Backup
        /// From the catalogue: it is complete, whatever the object says.
        var manifest: Manifest?
        /// From the store: what was found when it was last verified.
        var proof: Proof?
        var isRunning: Bool
        /// How an attempt of this process ended.
        var end: End?
        /// Why none may start now; nil when one may.
        var hold: String?
        /// How long an attempt that fails is made again, in seconds since the first: the policy's `startingDeadline`.
        var patience = TimeInterval(Span.standardStartingDeadline.seconds)
        /// Why it is not worth waiting for any more, once it has had its first attempts; nil when it is.
        var abandoned: String?
        var now: Date
    }

    struct Output: Sendable {
        var status: Backup.Status
        var start: Bool
        var wakeAt: Date?
        var event: (isGood: Bool, reason: String, message: String)?

        /// Of the metric: how a backup of this operator ended.
        var result: String? {
            switch event?.reason {
            case Reason.backupComplete: "complete"
            case Reason.backupFailed: "failed"
            default: nil
            }
        }
    }

    /// So many are made in any case, and one that was interrupted starts over at once so often.
    static let attempts: Int64 = 3
    static let longestPause: TimeInterval = 600

    /// Seconds after so many attempts: an outage of an hour costs no slot, and what never works costs little.
    static func pause(after attempts: Int64) -> TimeInterval {
        min(longestPause, 15 * Double(1 << max(0, min(attempts, 10) - 1)))
    }

    /// A backup that is tried again for hours must not stand in the way of what people ask for meanwhile.
    static func abandonment(_ backup: Backup, _ policy: BackupPolicy?) -> String? {
        guard let policy, !policy.isBeingDeleted else { return "its BackupPolicy is deleted" }
        guard let trigger = policy.spec.trigger, trigger != policy.status?.lastTrigger, trigger != backup.spec.trigger,
            !(policy.spec.suspend ?? false)
        else { return nil }
        return "spec.trigger of its BackupPolicy asks for a new one"
    }

    static func decide(_ input: Input) -> Output {
        var status = input.backup.status ?? Backup.Status()
        let generation = input.backup.metadata.generation
        status.observedGeneration = generation
        var conditions = status.conditions ?? []
        let now = input.now.wholeSeconds

        func output(start: Bool = false, wakeAt: Date? = nil, event: (Bool, String, String)? = nil) -> Output {
            status.conditions = conditions
            return Output(status: status, start: start, wakeAt: wakeAt, event: event.map { ($0.0, $0.1, $0.2) })
        }

        // Terminal states are never left.
        if input.backup.isTerminal { return output() }

        var manifest = input.manifest
        var isAdopted = manifest != nil
        if case .complete(let written) = input.end {
            manifest = written
            isAdopted = false
        }
        if let manifest {
            complete(&status, &conditions, manifest, generation, now, isAdopted: isAdopted)
            status.conditions = conditions
            if let proof = input.proof, proof.fingerprintDigest == manifest.fingerprintDigest {
                VerificationDecision.record(proof, &status, generation: generation, now: now)
                conditions = status.conditions ?? []
            }
            let text = "\(manifest.contents), \(ByteText.text(manifest.storedBytes)) stored"
            return output(event: (true, isAdopted ? Reason.backupAdopted : Reason.backupComplete, text))
        }
        if input.isRunning { return output() }
        // It was never taken here: it is read, or it is not there.
        if input.backup.spec.fromCatalogue == true {
            status.phase = "Missing"
            let message = "its manifest was not read from the store yet"
            conditions.set(
                ConditionType.complete, .false, reason: Reason.dataMissing, message: message, generation: generation,
                now: now)
            conditions.settle(.working(reason: Reason.dataMissing, message: message), generation: generation, now: now)
            return output(wakeAt: now.addingTimeInterval(30))
        }
        let begun = status.attempts ?? 0
        // A time that is ahead is of a clock that was wrong.
        let isWorthAnother =
            begun < attempts
            || input.abandoned == nil && now.timeIntervalSince(min(status.startedAt ?? now, now)) < input.patience
        func retry(_ message: String) -> Output {
            status.retryAt = now.addingTimeInterval(pause(after: begun))
            status.phase = "Retrying"
            conditions.settle(
                .working(reason: Reason.backupRetrying, message: message), generation: generation, now: now)
            return output(wakeAt: status.retryAt, event: (false, Reason.backupRetrying, message))
        }
        func fail(_ message: String) -> Output {
            status.retryAt = nil
            status.finishedAt = now
            status.phase = "Failed"
            conditions.set(
                ConditionType.complete, .false, reason: Reason.backupFailed, message: message, generation: generation,
                now: now)
            conditions.settle(.stalled(reason: Reason.backupFailed, message: message), generation: generation, now: now)
            return output(event: (false, Reason.backupFailed, message))
        }
        if case .failed(let message, let isRetriable, let isStored) = input.end {
            status.error = String(message.prefix(4096))
            if isStored {
                conditions.set(
                    ConditionType.stored, .true, reason: Reason.backupStored,
                    message: "every byte was acknowledged by the store; the manifest is not written",
                    generation: generation, now: now)
                conditions.set(
                    ConditionType.complete, .false, reason: Reason.backupStored,
                    message: "its manifest was not written: \(message)",
                    generation: generation, now: now)
            }
            return isRetriable && isWorthAnother ? retry(message) : fail(message)
        }
        if let retryAt = status.retryAt {
            if begun >= attempts, let why = input.abandoned {
                return fail("\(status.error ?? "it failed"); given up: \(why)")
            }
            if retryAt > now, retryAt <= now.addingTimeInterval(longestPause) { return output(wakeAt: retryAt) }
        } else if begun >= attempts, conditions[ConditionType.complete]?.reason == Reason.backupRunning {
            // Its operator ended in the middle, and not for the first time: it may be this backup that ends operators.
            let message = "attempt \(begun) was interrupted: the operator ended before it did"
            status.error = message
            return isWorthAnother ? retry(message) : fail(message)
        }
        if let hold = input.hold {
            status.phase = "Queued"
            status.retryAt = nil
            conditions.set(
                ConditionType.complete, .false, reason: Reason.queued, message: hold, generation: generation, now: now)
            conditions.settle(.working(reason: Reason.queued, message: hold), generation: generation, now: now)
            return output(wakeAt: now.addingTimeInterval(30))
        }
        status.startedAt = status.startedAt ?? now
        status.attempts = begun + 1
        status.retryAt = nil
        status.phase = "Running"
        let message = "attempt \(begun + 1)"
        // Every attempt stores everything anew.
        conditions.remove(ConditionType.stored)
        conditions.set(
            ConditionType.complete, .false, reason: Reason.backupRunning, message: message, generation: generation,
            now: now)
        conditions.settle(.working(reason: Reason.backupRunning, message: message), generation: generation, now: now)
        return output(start: true)
    }

    private static func complete(
        _ status: inout Backup.Status, _ conditions: inout [Condition], _ manifest: Manifest, _ generation: Int64?,
        _ now: Date,
        isAdopted: Bool
    ) {
        status.phase = "Complete"
        status.source = manifest.source
        status.startedAt = status.startedAt ?? manifest.startedAt.wholeSeconds
        status.finishedAt = manifest.finishedAt.wholeSeconds
        status.retryAt = nil
        status.error = nil
        status.recoveryPoint = manifest.recoveryPoint.wholeSeconds
        if let main = manifest.artifacts.first?.object {
            status.artifact = Backup.Artifact(
                key: main.key, bytes: manifest.storedBytes, plainBytes: manifest.plainBytes, sha256: main.sha256)
        }
        status.artifacts = Int64(manifest.artifacts.count)
        status.fingerprint = manifest.fingerprintDigest
        status.contents = manifest.contents
        status.warnings = manifest.record.warnings.isEmpty ? nil : Array(manifest.record.warnings.prefix(16))
        status.credential = manifest.record.credential.map {
            Backup.Credential(endsAt: $0.endsAt.wholeSeconds, renewed: $0.isRenewed)
        }
        status.serverVersion = manifest.record.serverVersion.isEmpty ? nil : manifest.record.serverVersion
        status.toolVersion = manifest.record.toolVersion.isEmpty ? nil : manifest.record.toolVersion
        status.size = ByteText.text(manifest.storedBytes)
        conditions.set(
            ConditionType.stored, .true, reason: Reason.backupStored,
            message: "every byte was acknowledged by the store",
            generation: generation, now: now)
        conditions.set(
            ConditionType.complete, .true, reason: isAdopted ? Reason.backupAdopted : Reason.backupComplete,
            message: "the manifest is in the catalogue", generation: generation, now: now)
        conditions.set(
            ConditionType.restoreVerified, .unknown, reason: Reason.notVerified,
            message: "it was not restored to prove it yet",
            generation: generation, now: now)
        conditions.settle(
            .ready(reason: Reason.backupComplete, message: "it can be restored"), generation: generation, now: now)
    }
}
