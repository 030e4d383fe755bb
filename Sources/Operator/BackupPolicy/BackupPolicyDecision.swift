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
        var problem = input.storeProblem
        do throws(SpecError) {
            calendar = try policy.spec.schedule?.slotCalendar()
        } catch {
            problem = Problem(reason: error.reason, message: "\(error)")
        }

        // What the store has lost is no backup, whatever it was.
        let complete = input.backups.filter { $0.isComplete && !$0.isMissing }
        let newest = complete.max { ($0.status?.recoveryPoint ?? .distantPast) < ($1.status?.recoveryPoint ?? .distantPast) }
        status.lastBackup = newest?.name
        status.lastBackupTime = newest?.status?.finishedAt
        status.recoverableTo = newest?.status?.recoveryPoint

        var output = Output(status: status, create: nil, wakeAt: nil)
        let isSuspended = policy.spec.suspend ?? false
        if problem == nil { schedule(&output, policy, calendar, input, created: created, isSuspended: isSuspended) }
        status = output.status

        let objective = ObjectiveDecision.decide(
            rpo: policy.spec.objective?.rpo, recoverableTo: status.recoverableTo, createdAt: created, calendar: calendar, now: now)
        status.rpo = objective.column
        conditions.set(
            ConditionType.objectiveMet, objective.isMet.map { $0 ? .true : .false } ?? .unknown, reason: objective.reason,
            message: objective.message, generation: generation, now: now)
        conditions.set(
            ConditionType.verified, .false, reason: Reason.neverVerified, message: "no backup was proven by restoring it yet",
            generation: generation, now: now)

        let failing = newestFailure(input.backups, after: newest)
        let readiness: Readiness
        if let problem {
            readiness = .stalled(reason: problem.reason, message: problem.message)
        } else if let failing {
            readiness = .working(
                reason: Reason.backupFailed, message: "\(failing.name): \(failing.status?.error ?? "the last backup failed")")
        } else if isSuspended {
            readiness = .ready(reason: Reason.suspended, message: "suspended: no further backups are taken")
        } else {
            readiness = .ready(reason: Reason.ready, message: newest.map { "the newest backup is \($0.name)" } ?? "waiting for the first backup")
        }
        conditions.settle(readiness, generation: generation, now: now)
        status.conditions = conditions
        status.phase = isSuspended ? "Suspended" : conditions.isTrue(ConditionType.ready) ? "Ready" : "NotReady"
        output.status = status
        output.wakeAt = [output.wakeAt, objective.changesAt, now.addingTimeInterval(60)].compactMap { $0 }.min()
        return output
    }

    private static func schedule(
        _ output: inout Output, _ policy: BackupPolicy, _ calendar: SlotCalendar?, _ input: Input, created: Date, isSuspended: Bool
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
        let decision = ScheduleDecision.decide(
            ScheduleDecision.Input(
                calendar: calendar, lastSlot: output.status.lastSlot, createdAt: created, isRunning: isRunning,
                isSuspended: isSuspended, startingDeadline: schedule.startingDeadline?.duration ?? .seconds(6 * 3600),
                jitter: schedule.jitter?.duration ?? .zero, seed: policy.metadata.uid ?? policy.name), now: input.now)
        if let due = decision.due {
            output.create = NewBackup(name: ScheduleDecision.backupName(policy: policy.name, slot: due), slot: due, trigger: nil)
            output.status.lastSlot = decision.handled
        }
        output.status.nextSlot = isSuspended ? nil : calendar.next(after: input.now)
        output.wakeAt = decision.next
    }

    private static func newestFailure(_ backups: [Backup], after newest: Backup?) -> Backup? {
        let since = newest?.metadata.creationTimestamp ?? .distantPast
        return backups.filter { $0.status?.error != nil && !$0.isComplete && ($0.metadata.creationTimestamp ?? .distantPast) >= since }
            .max { ($0.metadata.creationTimestamp ?? .distantPast) < ($1.metadata.creationTimestamp ?? .distantPast) }
    }
}

extension Backup {
    var isComplete: Bool { status?.conditions?.isTrue(ConditionType.complete) ?? false }
    var hasFailed: Bool { status?.conditions?[ConditionType.complete]?.reason == Reason.backupFailed }
    /// Never left again.
    var isTerminal: Bool { isComplete || hasFailed }
}
