import Foundation
import RecoveryAPI
import Testing

@testable import RecoveryEngine

/// What the ledger says goes before what the API server says.
@Suite struct RunLedgerTests {
    private let simple = run([("a", nil, [sqlStep("one"), sqlStep("two")]), ("b", nil, [sqlStep("three")])])

    @Test(
        "A run that the ledger calls ended does nothing again, also in an API server that was restored to what it was before"
    )
    func ended() {
        let end = start.addingTimeInterval(-500)
        for (state, before) in [
            (RunState.succeeded, begun(simple) as RecoveryRun.Status?), (.failed, begun(simple)), (.aborted, nil),
        ] {
            let observation = RunMachine.Observation(
                ledger: .ended(state, at: end), earlier: [id("a", "one"): journal("a", "one", .succeeded)])
            let decision = RunMachine.decide(simple, before, observation, now: start)
            #expect(decision.status.state == state)
            #expect(decision.status.finishedAt == end)
            #expect(decision.status.message?.contains("the ledger says that this run ended \(state.rawValue)") == true)
            #expect(!decision.startsSteps)
            #expect(decision.status.steps?.map(\.state) == [.succeeded, .skipped, .skipped], "what its journal says")
        }
    }

    @Test("Without its journal a step that ran may have happened")
    func endedWithoutJournal() {
        let decision = RunMachine.decide(simple, begun(simple), .init(ledger: .ended(.succeeded, at: nil)), now: start)
        #expect(decision.status.steps?.map(\.state) == [.unknown, .skipped, .skipped])
    }

    @Test(
        "A run whose token another one took over cancels what runs, then ends, and starts nothing",
        arguments: [true, false])
    func takenOver(isFinished: Bool) {
        let ledger = RunMachine.LedgerView.taken(
            run: "plan-t-resume-1", isFinished: isFinished, state: "Succeeded", planHash: "x")
        let one = id("a", "one")
        let running = RunMachine.decide(simple, begun(simple), .init(ledger: ledger, running: [one]), now: start)
        #expect(running.actions == [.cancel(one)])
        #expect(running.status.state == .running)
        // It ended well in spite of that: the next one is not begun.
        let after = RunMachine.decide(
            simple, running.status, .init(ledger: ledger, outcomes: [one: .success(message: "", outputs: [:])]),
            now: start)
        #expect(after.status.state == .alreadyExecuted)
        #expect(after.actions.isEmpty, "the ledger is the other's")
        #expect(after.status.message?.contains("taken over by plan-t-resume-1") == true)
        #expect(after.status.steps?.map(\.state) == [.succeeded, .skipped, .skipped])
    }

    @Test(
        "A ledger that does not answer, or has lost the entry, stops no recovery",
        arguments: [nil, .absent, .ours] as [RunMachine.LedgerView?])
    func goesOn(ledger: RunMachine.LedgerView?) {
        let one = id("a", "one")
        let outcomes = [one: RunMachine.Outcome.success(message: "", outputs: [:])]
        let decision = RunMachine.decide(simple, begun(simple), .init(ledger: ledger, outcomes: outcomes), now: start)
        #expect(decision.actions == [.start(id("a", "two"))])
    }

    @Test("A run that takes over knows what was done, what may have happened and what was chosen")
    func takesOver() {
        let spec = run([
            ("a", nil, [sqlStep("done", write: true), sqlStep("again"), sqlStep("later")]),
            ("b", [], [sqlStep("once", write: true)]),
        ])
        let earlier = [
            id("a", "done"): journal("a", "done", .succeeded, outputs: ["x": "y"]),
            id("a", "again"): journal("a", "again", .running, backup: "first"),
            id("b", "once"): journal("b", "once", .running),
        ]
        let decision = RunMachine.decide(spec, nil, .init(ledger: .ours, earlier: earlier), now: start)
        #expect(decision.status.steps?.map(\.state) == [.succeeded, .pending, .pending, .unknown])
        #expect(decision.status.steps?[0].outputs == ["x": "y"])
        #expect(decision.status.steps?[1].backup?.name == "first")
        // A write that may have happened is for a person to judge, before anything else.
        #expect(decision.status.state == .paused)
        #expect(decision.status.message?.contains("nobody knows whether it happened") == true)
        #expect(decision.actions.isEmpty)
    }

    @Test("A token that was begun with another plan is not gone on with")
    func otherPlan() {
        let spec = run([("a", nil, [sqlStep("one")])], resume: true)
        func ledger(_ hash: String) -> RunMachine.Observation {
            .init(ledger: .taken(run: "lost", isFinished: false, state: "Started", planHash: hash))
        }
        let other = RunMachine.decide(spec, nil, ledger(String(repeating: "f", count: 64)), now: start)
        #expect(other.status.state == .alreadyExecuted)
        #expect(other.actions.isEmpty)
        for word in ["lost", "ffffffffffff", "new token"] {
            #expect(other.status.message?.contains(word) == true, "\(word)")
        }
        #expect(RunMachine.decide(spec, nil, ledger(spec.planHash), now: start).actions == [.resumeLedger])
    }

    @Test(
        "A run waits for another one of its plan, whatever it would write",
        arguments: [
            .absent, .ours, .taken(run: "lost", isFinished: false, state: "Started"),
        ] as [RunMachine.LedgerView])
    func otherRun(ledger: RunMachine.LedgerView) {
        let spec = run([("a", nil, [sqlStep("one")])], resume: true)
        let waits = RunMachine.decide(spec, nil, .init(ledger: ledger, otherRun: "plan-x"), now: start)
        #expect(waits.status.state == .pending)
        #expect(waits.actions.isEmpty)
        #expect(waits.wakeAt != nil)
        #expect(waits.status.message?.contains("plan-x") == true)
        let free = RunMachine.decide(spec, waits.status, .init(ledger: ledger), now: start)
        #expect(!free.actions.isEmpty)
        let dry = RunMachine.decide(
            run([("a", nil, [sqlStep("one")])], mode: .dryRun), nil, .init(otherRun: "plan-x"), now: start)
        #expect(dry.actions == [.start(id("a", "one"))], "a dry run may run beside")
    }

    @Test("What is restored is what the spec said when the run began")
    func target() {
        var spec = simple
        spec.to = .backup("first")
        let status = begun(spec)
        #expect(status.to == .backup("first"))
        spec.to = .latest
        #expect(
            RunMachine.decide(spec, status, .init(running: [id("a", "one")]), now: start).status.to == .backup("first"))
    }
}
