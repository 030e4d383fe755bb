import Foundation
import KubernetesModel
import RecoveryAPI
import Testing

@testable import Operator

/// What a plan's reconciler concludes.
@Suite struct PlanDecisionTests {
    private static func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String = "m")
        -> Condition
    {
        Condition(type: type, status: status, lastTransitionTime: Sample.now, reason: reason, message: message)
    }

    @Test("People are told what a plan did not do: also one that was made anew and is told at once")
    func events() {
        let executed = [Self.condition("Ready", .true, Reason.alreadyExecuted)]
        #expect(RecoveryPlanReconciler.events([], executed).map(\.reason) == [Reason.alreadyExecuted])
        #expect(RecoveryPlanReconciler.events(executed, executed).isEmpty)
        #expect(RecoveryPlanReconciler.events([], [Self.condition("Ready", .true, Reason.standby)]).isEmpty, "no news")
        let running = [Self.condition("Ready", .false, Reason.running)]
        #expect(
            RecoveryPlanReconciler.events(running, [Self.condition("Ready", .false, Reason.failed)]).map(\.isWarning)
                == [true])
        let missed = [Self.condition("ObjectiveMet", .false, Reason.objectiveBreached)]
        #expect(RecoveryPlanReconciler.events([], missed).map(\.isWarning) == [true])
        #expect(RecoveryPlanReconciler.events(missed, missed).isEmpty)
    }

    @Test("A run is made for the plan as it is now, not as the cache had it")
    func orders() {
        var plan = RecoveryPlan(
            metadata: ObjectMeta(name: "plan", namespace: "ns"),
            spec: .init(storeRef: .init(name: "s"), phases: [], execute: .init(token: "t")))
        plan.metadata.uid = "u"
        plan.metadata.generation = 2
        #expect(RecoveryPlanReconciler.isSameOrder(plan, plan))
        var other = plan
        other.metadata.uid = "anew"
        #expect(!RecoveryPlanReconciler.isSameOrder(plan, other))
        other = plan
        other.metadata.generation = 3
        #expect(!RecoveryPlanReconciler.isSameOrder(plan, other))
        other = plan
        other.spec.execute = nil
        #expect(!RecoveryPlanReconciler.isSameOrder(plan, other))
        other = plan
        other.metadata.deletionTimestamp = Sample.now
        #expect(!RecoveryPlanReconciler.isSameOrder(plan, other))
    }

    // MARK: How far back

    private func plan(_ to: RecoveryTarget? = nil, rpo: Span? = Span("1h"), phaseRPO: Span? = nil) -> RecoveryPlan.Spec
    {
        var step = Step(name: "restore")
        let restore: JSON = ["policy": "p"]
        step.restoreGit = try? restore.decode(Step.RestoreGit.self)
        step.restoreGit?.to = to
        return .init(
            storeRef: .init(name: "s"), objective: .init(rto: Span("1h"), rpo: rpo),
            phases: [.init(name: "git", objective: phaseRPO.map { RecoveryPlan.Objective(rpo: $0) }, steps: [step])])
    }

    @Test("A plan warns when what it would restore is older than its objective")
    func recoveryPoint() {
        func decide(_ plan: RecoveryPlan.Spec, _ backups: [Backup]) -> PlanRecoveryPoint? {
            PlanRecoveryPoint.decide(plan, backups, now: Sample.now)
        }
        let young = Sample.backup("young", .complete, finishedAgo: 600)
        let old = Sample.backup("old", .complete, finishedAgo: 7200)
        let met = decide(plan(), [old, young])
        #expect(met?.isMet == true)
        #expect(met?.breachAt == Sample.now.addingTimeInterval(3000))
        let missed = decide(
            plan(), [old, Sample.backup("gone", .missing, finishedAgo: 60), Sample.backup("bad", .failed)])
        #expect(missed?.isMet == false && missed?.reason == Reason.objectiveBreached)
        #expect(missed?.message.contains("older than the objective of 1h") == true, "\(missed?.message ?? "")")
        #expect(decide(plan(), [])?.reason == Reason.noBackupYet)
        #expect(decide(plan(phaseRPO: Span("3h")), [old])?.isMet == true, "the phase's own goes before")
        // Nothing is asked, or the moment is given.
        #expect(decide(plan(rpo: nil), [old]) == nil)
        #expect(decide(plan(.backup("old")), [old]) == nil)
        // Only what was proven counts for LatestVerified.
        #expect(decide(plan(.latestVerified), [young])?.reason == Reason.noBackupYet)
        var proven = old
        proven.status?.conditions?.set(
            "RestoreVerified", .true, reason: Reason.verified, message: "", generation: 1, now: Sample.now)
        #expect(decide(plan(.latestVerified), [young, proven])?.reason == Reason.objectiveBreached)
    }
}
