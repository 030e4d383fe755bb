import Foundation
import RecoveryAPI

@testable import RecoveryEngine

let start = Date(timeIntervalSince1970: 1_795_000_000)

func sqlStep(_ name: String, write: Bool = false, retries: Int? = nil, onFailure: Step.FailureRule? = nil) -> Step {
    var step = Step(name: name, deadline: Span("10m"), retries: retries, onFailure: onFailure)
    var sql = try? JSONDecoder().decode(Step.SQL.self, from: Data(#"{"query": "select 1", "policy": "p"}"#.utf8))
    sql?.write = write
    step.sql = sql
    return step
}

func run(_ phases: [(String, [String]?, [Step])], mode: RunMode = .recover, resume: Bool? = nil) -> RecoveryRun.Spec {
    let plan = RecoveryPlan.Spec(
        storeRef: ObjectReference(name: "s"), objective: .init(rto: Span("1h")),
        phases: phases.map { RecoveryPlan.Phase(name: $0.0, dependsOn: $0.1, steps: $0.2) })
    return RecoveryRun.Spec(
        planRef: ObjectReference(name: "p"), token: "t", mode: mode, to: nil, plan: plan,
        planHash: String(repeating: "0", count: 64), resume: resume)
}

func id(_ phase: String, _ step: String) -> RunMachine.StepID { .init(phase: phase, step: step) }

/// A run whose first step has begun.
func begun(_ spec: RecoveryRun.Spec, at time: Date = start) -> RecoveryRun.Status {
    RunMachine.decide(spec, nil, .init(ledger: .ours), now: time).status
}

func journal(
    _ phase: String, _ step: String, _ state: StepState, backup: String? = nil, outputs: [String: String]? = nil
) -> RecoveryRun.StepStatus {
    var status = RecoveryRun.StepStatus(phase: phase, step: step, kind: "sql")
    status.state = state
    status.attempts = state == .pending ? 0 : 1
    status.backup = backup.map { RecoveryRun.ChosenBackup(name: $0, artifact: "aa") }
    status.outputs = outputs
    return status
}
