import ControllerRuntime
import Cryptography
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

/// Checks plans, makes one run for each token, and shows people where it stands.
struct RecoveryPlanReconciler: Sendable {
    let context: OperatorContext
    let plans: Informer<RecoveryPlan>
    let runs: Informer<RecoveryRun>

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let plan = plans.get(key), !plan.isBeingDeleted else { return .done }
        var run: RecoveryRun?
        var problem: SpecError?
        do throws(SpecError) { try PlanCheck.check(plan.spec) } catch { problem = error }
        if let execute = plan.spec.execute, problem == nil {
            let name = Self.runName(plan: plan.name, token: execute.token)
            run = try await context.client.getIfPresent(RecoveryRun.self, name, namespace: key.namespace)
            if run == nil { run = try await create(name, execute, of: plan) }
        }
        var changed = plan
        changed.status = Self.decide(plan, run, problem, now: context.now())
        try await context.write(changed, unless: changed.status == plan.status)
        announce(before: plan, after: changed)
        return .done
    }

    /// The same token is the same run, whoever makes it.
    static func runName(plan: String, token: String) -> String {
        let name = "\(plan)-\(token)"
        return name.utf8.count <= 200 ? name : "\(plan.prefix(120))-\(SHA256.hexHash(name).prefix(16))"
    }

    private func create(_ name: String, _ execute: RecoveryPlan.Execute, of plan: RecoveryPlan) async throws -> RecoveryRun? {
        let recipe = plan.spec.recipe
        let run = RecoveryRun(
            metadata: ObjectMeta(
                name: name, namespace: plan.namespace, labels: ["dr.hotswap.io/plan": String(plan.name.prefix(63))]),
            spec: RecoveryRun.Spec(
                planRef: ObjectReference(name: plan.name), token: execute.token, mode: execute.mode ?? .recover, to: execute.to,
                plan: recipe, planHash: try PlanHash.of(recipe)))
        do {
            let created = try await context.client.create(run)
            context.recorder.record(.normal, reason: Reason.runCreated, action: "Execute", "made the RecoveryRun \(name)", about: plan)
            KillPoint.runCreated.reached()
            return created
        } catch let error as KubernetesError where error.isAlreadyExists {
            return try await context.client.getIfPresent(RecoveryRun.self, name, namespace: plan.namespace)
        }
    }

    static func decide(_ plan: RecoveryPlan, _ run: RecoveryRun?, _ problem: SpecError?, now: Date) -> RecoveryPlan.Status {
        var status = plan.status ?? RecoveryPlan.Status()
        var conditions = status.conditions ?? []
        let generation = plan.metadata.generation
        status.observedGeneration = generation
        let readiness: Readiness
        if let problem {
            readiness = .stalled(reason: problem.reason, message: "\(problem)")
            status.state = status.state ?? "Standby"
            status.message = "\(problem)"
        } else if let execute = plan.spec.execute, let run {
            // The run was there before this plan: a plan that was deleted and made anew does not execute its token again.
            let isOlder =
                status.lastToken != execute.token && run.status?.state?.isTerminal == true
                && (run.metadata.creationTimestamp ?? now) < (plan.metadata.creationTimestamp ?? now)
            status.lastToken = execute.token
            status.run = run.name
            status.state = isOlder ? RunState.alreadyExecuted.rawValue : (run.status?.state ?? .pending).rawValue
            status.phase = run.status?.phase
            status.progress = run.status?.progress
            status.rto = run.status?.rto
            status.message =
                isOlder ? "token \(execute.token) was executed by \(run.name); to recover again use a new token" : run.status?.message
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
        status.conditions = conditions
        return status
    }

    private func announce(before: RecoveryPlan, after: RecoveryPlan) {
        guard let new = after.status?.conditions?[ConditionType.ready] else { return }
        let old = before.status?.conditions?[ConditionType.ready]
        guard old?.reason != new.reason, old != nil || new.status == .false else { return }
        context.recorder.record(
            new.reason == Reason.failed || new.reason == Reason.planCycle || new.reason == Reason.invalidSpec ? .warning : .normal,
            reason: new.reason, action: "Execute", new.message.isEmpty ? new.reason : new.message, about: after)
    }
}

/// SHA-256 of a plan's canonical JSON: what was executed, for the ledger.
enum PlanHash {
    static func of(_ recipe: RecoveryPlan.Spec) throws -> String {
        SHA256.hexHash([UInt8](try JSONEncoder.kubernetes.encode(recipe)))
    }
}
