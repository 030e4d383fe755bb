import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

/// What a policy needs now, as a function of the policy, its backups, and the time.
enum BackupPolicyDecision {
    struct Input: Sendable {
        var policy: BackupPolicy
        /// Of this policy.
        var backups: [Backup]
        /// Nil when it is ready; else why not.
        var storeProblem: Problem?
        /// What the store knows of verdicts, for those backups of which no object tells.
        var proofs: [Proof] = []
        var now: Date
    }

    struct Problem: Sendable, Hashable {
        var reason: String
        var message: String
    }

    struct NewBackup: Sendable, Hashable {
        var name: String
        var slot: Date?
        var trigger: String?
    }

    struct Output: Sendable {
        var status: BackupPolicy.Status
        var create: NewBackup?
        /// The backup to prove now.
        var verify: PolicyVerification.Request?
        var wakeAt: Date?
    }

    static func decide(_ input: Input) -> Output {
        let policy = input.policy
        let now = input.now
        var status = policy.status ?? BackupPolicy.Status()
        var conditions = status.conditions ?? []
        let generation = policy.metadata.generation
        status.observedGeneration = generation
        status.source = policy.spec.source.summary
        let created = policy.metadata.creationTimestamp ?? now

        var calendar: SlotCalendar?
        var proofCalendar: SlotCalendar?
        var problem = input.storeProblem
        do throws(SpecError) {
            calendar = try policy.spec.schedule?.slotCalendar()
            proofCalendar = try policy.spec.verification?.schedule?.slotCalendar(
                at: "spec.verification.schedule",
                startingDeadline: Span(seconds: BackupVerification.standardStartingDeadline))
        } catch {
            problem = Problem(reason: error.reason, message: "\(error)")
        }

        let recoverable = RecoverableBackups(input.backups, now: now)
        let newest = recoverable.newest
        status.lastBackup = newest?.name
        status.lastBackupTime = newest?.status?.finishedAt
        status.recoverableTo = newest?.status?.recoveryPoint

        var output = Output(status: status, create: nil, verify: nil, wakeAt: nil)
        let isSuspended = policy.spec.suspend ?? false
        if problem == nil { schedule(&output, policy, calendar, input, created: created, isSuspended: isSuspended) }
        status = output.status

        let objective = ObjectiveDecision.decide(
            rpo: policy.spec.objective?.rpo, recoverableTo: status.recoverableTo, createdAt: created,
            calendar: calendar,
            note: recoverable.note, now: now)
        status.rpo = objective.column
        conditions.set(
            ConditionType.objectiveMet, objective.isMet.map { $0 ? .true : .false } ?? .unknown,
            reason: objective.reason,
            message: objective.message, generation: generation, now: now)

        let proving = PolicyVerification(
            policy: policy, backups: input.backups, proofs: input.proofs, calendar: proofCalendar,
            backupCalendar: calendar,
            created: created, now: now)
        let verdicts = proving.verdicts
        proving.record(&status, verdicts)
        var wakeForProof: Date?
        if problem == nil { (output.verify, wakeForProof) = proving.request(&status) }
        let limit = proving.limit(last: status.lastVerificationTime)
        let judgement = proving.judge(status, verdicts, limit: limit)
        conditions.set(
            ConditionType.verified, judgement.status, reason: judgement.reason, message: judgement.message,
            generation: generation, now: now)
        let overdueAt = limit.flatMap { $0 < now ? nil : $0.addingTimeInterval(1) }

        PolicyCredential(policy: policy, newest: newest, calendar: calendar, now: now).record(
            &status, &conditions, generation: generation)

        let failing = newestFailure(input.backups, after: newest)
        let readiness: Readiness
        if let problem {
            readiness = .stalled(reason: problem.reason, message: problem.message)
        } else if let failing {
            readiness = .working(
                reason: Reason.backupFailed,
                message: "\(failing.name): \(failing.status?.error ?? "the last backup failed")")
        } else if isSuspended {
            readiness = .ready(reason: Reason.suspended, message: "suspended: no further backups are taken")
        } else {
            readiness = .ready(
                reason: Reason.ready,
                message: newest.map { "the newest backup is \($0.name)" } ?? "waiting for the first backup")
        }
        conditions.settle(readiness, generation: generation, now: now)
        status.conditions = conditions
        let isDegraded =
            PolicyVerification.degradingReasons.contains(judgement.reason)
            || conditions[ConditionType.credentialLasts]?.status == .false
        status.phase =
            isSuspended
            ? "Suspended" : !conditions.isTrue(ConditionType.ready) ? "NotReady" : isDegraded ? "Degraded" : "Ready"
        output.status = status
        output.wakeAt = [output.wakeAt, objective.changesAt, wakeForProof, overdueAt, now.addingTimeInterval(60)]
            .compactMap { $0 }.min()
        return output
    }

    private static func schedule(
        _ output: inout Output, _ policy: BackupPolicy, _ calendar: SlotCalendar?, _ input: Input, created: Date,
        isSuspended: Bool
    ) {
        let isRunning = input.backups.contains(where: \.isUnderWay)
        // One at a time: two backups of one policy would share its mirror, and one could build on what the other stores.
        if let trigger = policy.spec.trigger, trigger != output.status.lastTrigger, !isSuspended, !isRunning {
            output.create = NewBackup(
                name: ScheduleDecision.backupName(policy: policy.name, trigger: trigger), slot: nil, trigger: trigger)
            output.status.lastTrigger = trigger
            output.wakeAt = input.now.addingTimeInterval(1)
            return
        }
        guard let calendar, let schedule = policy.spec.schedule else {
            output.status.nextSlot = nil
            return
        }
        // A time that is ahead is of a clock that was wrong: waiting for it would leave the policy without backups until then.
        if (output.status.lastSlot ?? created) > input.now { output.status.lastSlot = input.now.wholeSeconds }
        let decision = ScheduleDecision.decide(
            ScheduleDecision.Input(
                calendar: calendar, lastSlot: output.status.lastSlot, createdAt: created, isRunning: isRunning,
                isSuspended: isSuspended,
                startingDeadline: (schedule.startingDeadline ?? .standardStartingDeadline).duration,
                jitter: schedule.jitter?.duration ?? .zero, seed: policy.metadata.uid ?? policy.name), now: input.now)
        if let due = decision.due {
            output.create = NewBackup(
                name: ScheduleDecision.backupName(policy: policy.name, slot: due), slot: due, trigger: nil)
            output.status.lastSlot = decision.handled
        }
        output.status.nextSlot = isSuspended ? nil : calendar.next(after: input.now)
        output.wakeAt = decision.next
    }

    private static func newestFailure(_ backups: [Backup], after newest: Backup?) -> Backup? {
        let since = newest?.metadata.creationTimestamp ?? .distantPast
        return backups.filter {
            $0.status?.error != nil && !$0.isComplete && ($0.metadata.creationTimestamp ?? .distantPast) >= since
        }
        .max { ($0.metadata.creationTimestamp ?? .distantPast) < ($1.metadata.creationTimestamp ?? .distantPast) }
    }
}

extension Backup {
    var isComplete: Bool { status?.conditions?.isTrue(ConditionType.complete) ?? false }
    var hasFailed: Bool { status?.conditions?[ConditionType.complete]?.reason == Reason.backupFailed }
    /// Never left again.
    var isTerminal: Bool { isComplete || hasFailed }
}
