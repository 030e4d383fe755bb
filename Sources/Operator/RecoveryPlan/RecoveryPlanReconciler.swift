import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine

/// Checks plans, makes one run for each token, and shows people where it stands.
struct RecoveryPlanReconciler: Sendable {
    let context: OperatorContext
    let plans: Informer<RecoveryPlan>
    let runs: Informer<RecoveryRun>
    let backups: Informer<Backup>

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let plan = plans.get(key), !plan.isBeingDeleted else { return .done }
        var run: RecoveryRun?
        var problem: SpecError?
        do throws(SpecError) { try PlanCheck.check(plan.spec) } catch { problem = error }
        if let execute = plan.spec.execute, problem == nil {
            let name = RunIdentity.name(plan: plan.name, token: execute.token, mode: execute.mode ?? .recover)
            run = try await context.client.getIfPresent(RecoveryRun.self, name, namespace: key.namespace)
            if run == nil {
                // The order of a plan that was edited or made anew meanwhile is none.
                guard try await isCurrent(plan) else { return .requeue(after: .milliseconds(200)) }
                run = try await create(name, execute, of: plan)
            }
            if let other = run, other.spec.planRef.name != plan.name || other.spec.token != execute.token {
                run = nil
                problem = SpecError(
                    field: "spec.execute.token",
                    message:
                        "the RecoveryRun \(name) is one of the plan \"\(other.spec.planRef.name)\": choose another token",
                    reason: Reason.invalidSpec)
            }
        }
        let ordered = Self.newest(of: plan, ordered: run, in: runs.list(namespace: key.namespace))
        let isOwn = ordered?.metadata.uid == run?.metadata.uid
        var changed = plan
        let now = context.now()
        let point = PlanRecoveryPoint.decide(plan.spec, backups.list(namespace: key.namespace), now: now)
        changed.status = Self.decide(plan, isOwn ? run : ordered, problem, point: point, isOrdered: isOwn, now: now)
        try await context.write(changed, unless: changed.status == plan.status)
        announce(before: plan, after: changed)
        guard let breach = point?.breachAt else { return .done }
        return .requeue(after: .seconds(max(1, breach.timeIntervalSince(now) + 1)))
    }

    /// Whether the cached plan is still what the API server has, as far as an execution goes.
    private func isCurrent(_ plan: RecoveryPlan) async throws -> Bool {
        guard let now = try await context.client.getIfPresent(RecoveryPlan.self, plan.name, namespace: plan.namespace)
        else { return false }
        return Self.isSameOrder(plan, now)
    }

    static func isSameOrder(_ cached: RecoveryPlan, _ current: RecoveryPlan) -> Bool {
        !current.isBeingDeleted && cached.metadata.uid == current.metadata.uid
            && cached.metadata.generation == current.metadata.generation && cached.spec.execute == current.spec.execute
    }

    /// The run that people want to see: one that somebody made with `dr recover` while it is under way or goes on with the
    /// plan's own token, else the one that the plan orders.
    static func newest(of plan: RecoveryPlan, ordered: RecoveryRun?, in runs: [RecoveryRun]) -> RecoveryRun? {
        let others = runs.filter { run in
            guard run.spec.planRef.name == plan.name, run.metadata.uid != ordered?.metadata.uid else { return false }
            if run.status?.state?.isTerminal != true { return true }
            return run.spec.resume == true && run.spec.token == ordered?.spec.token
                && run.status?.state != .alreadyExecuted
        }
        let ends = ordered?.status?.state?.isTerminal ?? true
        guard ends else { return ordered }
        return others.max {
            ($0.metadata.creationTimestamp ?? .distantPast, $0.name) < (
                $1.metadata.creationTimestamp ?? .distantPast, $1.name
            )
        }
            ?? ordered
    }

    private func create(_ name: String, _ execute: RecoveryPlan.Execute, of plan: RecoveryPlan) async throws
        -> RecoveryRun?
    {
        let recipe = plan.spec.recipe
        let run = RecoveryRun(
            metadata: ObjectMeta(
                name: name, namespace: plan.namespace, labels: ["dr.hotswap.io/plan": LabelValue.of(plan.name)]),
            spec: RecoveryRun.Spec(
                planRef: ObjectReference(name: plan.name), token: execute.token, mode: execute.mode ?? .recover,
                to: execute.to,
                plan: recipe, planHash: try RunIdentity.planHash(recipe)))
        do {
            let created = try await context.client.create(run)
            context.recorder.record(
                .normal, reason: Reason.runCreated, action: "Execute", "made the RecoveryRun \(name)", about: plan)
            KillPoint.runCreated.reached()
            return created
        } catch let error as KubernetesError where error.isAlreadyExists {
            return try await context.client.getIfPresent(RecoveryRun.self, name, namespace: plan.namespace)
        }
    }

    /// - Parameters:
    ///   - point: how far back a recovery would go; nil without an objective.
    ///   - isOrdered: whether the run is the one that `spec.execute` asks for.
    static func decide(
        _ plan: RecoveryPlan, _ run: RecoveryRun?, _ problem: SpecError?, point: PlanRecoveryPoint? = nil,
        isOrdered: Bool = true,
        now: Date
    ) -> RecoveryPlan.Status {
        var status = plan.status ?? RecoveryPlan.Status()
        var conditions = status.conditions ?? []
        let generation = plan.metadata.generation
        status.observedGeneration = generation
        let readiness: Readiness
        if let problem {
            readiness = .stalled(reason: problem.reason, message: "\(problem)")
            status.state = status.state ?? "Standby"
            status.message = "\(problem)"
        } else if let run, !isOrdered || plan.spec.execute != nil {
            // The run was there before this plan: a plan that was deleted and made anew does not execute its token again.
            let isOlder =
                isOrdered && run.status?.state?.isTerminal == true
                && (run.metadata.creationTimestamp ?? now) < (plan.metadata.creationTimestamp ?? now)
            status.lastToken = run.spec.token
            status.run = run.name
            status.state = isOlder ? RunState.alreadyExecuted.rawValue : (run.status?.state ?? .pending).rawValue
            status.phase = run.status?.phase
            status.progress = run.status?.progress
            status.rto = run.status?.rto
            status.message =
                isOlder
                ? "token \(run.spec.token) was executed by \(run.name); to recover again use a new token"
                : run.status?.message
            status.lastRunFinishedAt = run.status?.finishedAt
            let text = status.message ?? ""
            switch RunState(rawValue: status.state ?? "") ?? .pending {
            case .succeeded: readiness = .ready(reason: Reason.succeeded, message: text)
            case .alreadyExecuted: readiness = .ready(reason: Reason.alreadyExecuted, message: text)
            case .aborted: readiness = .ready(reason: Reason.aborted, message: text)
            case .failed: readiness = .stalled(reason: Reason.failed, message: text)
            case .paused: readiness = .stalled(reason: Reason.paused, message: text)
            case .pending, .running: readiness = .working(reason: Reason.running, message: text)
            }
        } else {
            status.state = "Standby"
            status.phase = nil
            status.progress = nil
            status.rto = plan.spec.objective?.rto.map { "-/\($0)" }
            status.message = "nothing is executed: spec.execute is not set"
            readiness = .ready(reason: Reason.standby, message: "the plan is valid")
        }
        conditions.settle(readiness, generation: generation, now: now)
        if let point {
            conditions.set(
                ConditionType.objectiveMet, point.isMet ? .true : .false, reason: point.reason, message: point.message,
                generation: generation, now: now)
        } else {
            conditions.remove(ConditionType.objectiveMet)
        }
        status.conditions = conditions
        return status
    }

    private func announce(before: RecoveryPlan, after: RecoveryPlan) {
        for event in Self.events(before.status?.conditions ?? [], after.status?.conditions ?? []) {
            context.recorder.record(
                event.isWarning ? .warning : .normal, reason: event.reason, action: "Execute", event.message,
                about: after)
        }
    }

    struct Event: Hashable {
        var isWarning: Bool
        var reason: String
        var message: String
    }

    static func events(_ before: [Condition], _ after: [Condition]) -> [Event] {
        var events: [Event] = []
        if let new = after[ConditionType.ready] {
            let old = before[ConditionType.ready]
            let isMistake = new.reason == Reason.planCycle || new.reason == Reason.invalidSpec
            let isNew = old?.reason != new.reason || isMistake && old?.message != new.message
            // A plan that waits from the start is no news. One that does not execute its token is.
            if isNew, old != nil || new.status == .false || new.reason == Reason.alreadyExecuted {
                events.append(
                    Event(
                        isWarning: new.reason == Reason.failed || isMistake, reason: new.reason,
                        message: new.message.isEmpty ? new.reason : new.message))
            }
        }
        if let new = after[ConditionType.objectiveMet], new.status == .false,
            before[ConditionType.objectiveMet]?.status != .false
        {
            events.append(Event(isWarning: true, reason: new.reason, message: new.message))
        }
        return events
    }
}
