import Foundation
import RecoveryAPI
import Testing

@testable import RecoveryEngine

/// Deadlines of steps, objectives of phases. Every step here has ten minutes.
@Suite struct RunDeadlineTests {
    private let one = id("a", "one")
    private let late = start.addingTimeInterval(3000)

    @Test("An operator that was away longer than a deadline asks first whether the step has happened")
    func orphan() {
        let spec = run([("a", nil, [sqlStep("one")])])
        let back = RunMachine.decide(spec, begun(spec), .init(), now: late)
        #expect(back.actions == [.start(one)])
        #expect(back.status.steps?[0].startedAt == start)
        // From then on it has its time, and no more.
        let running = RunMachine.decide(spec, back.status, .init(running: [one]), now: late.addingTimeInterval(599))
        #expect(running.actions.isEmpty)
        let over = RunMachine.decide(spec, running.status, .init(running: [one]), now: late.addingTimeInterval(600))
        #expect(over.actions == [.cancel(one)])
        // A write is for a person, not a failure.
        let write = run([("a", nil, [sqlStep("one", write: true)])])
        #expect(RunMachine.decide(write, begun(write), .init(), now: late).status.steps?[0].state == .unknown)
    }

    @Test("A person who pauses a run takes no time from the step that waits to be tried again")
    func pause() {
        var spec = run([("a", nil, [sqlStep("one", retries: 3)])])
        let failure = RunMachine.Observation(outcomes: [one: .failure(message: "no", retriable: true)])
        var status = RunMachine.decide(spec, begun(spec), failure, now: start).status
        #expect(status.steps?[0].state == .waiting)
        spec.desiredState = .paused
        status = RunMachine.decide(spec, status, .init(), now: start).status
        status = RunMachine.decide(spec, status, .init(), now: late).status
        #expect(status.state == .paused && status.steps?[0].state == .waiting)
        spec.desiredState = .running
        let on = RunMachine.decide(spec, status, .init(), now: late)
        #expect(on.actions == [.start(one)])
        // Its deadline counts from then.
        status = RunMachine.decide(spec, on.status, failure, now: late.addingTimeInterval(10)).status
        #expect(status.steps?[0].state == .waiting)
        #expect(RunMachine.decide(spec, status, .init(), now: late.addingTimeInterval(600)).status.state == .failed)
    }

    @Test("A run that waits for a person about one step fails no other by its deadline")
    func pausedByStep() {
        let spec = run([("a", [], [sqlStep("one", retries: 3)]), ("b", [], [sqlStep("ask", onFailure: .pause)])])
        let failures = RunMachine.Observation(outcomes: [
            one: .failure(message: "no", retriable: true), id("b", "ask"): .failure(message: "no", retriable: false),
        ])
        var status = RunMachine.decide(spec, begun(spec), failures, now: start).status
        #expect(status.state == .paused)
        status = RunMachine.decide(spec, status, .init(), now: late).status
        #expect(status.state == .paused && status.steps?[0].state == .waiting)
    }

    @Test("A run that fails starts no step that a lost operator left")
    func failure() {
        let spec = run([("a", [], [sqlStep("one", retries: 3)]), ("b", [], [sqlStep("left")])])
        let failure = RunMachine.Observation(
            running: [id("b", "left")], outcomes: [one: .failure(message: "no", retriable: true)])
        let status = RunMachine.decide(spec, begun(spec), failure, now: start).status
        let decision = RunMachine.decide(spec, status, .init(), now: late)
        #expect(decision.status.state == .failed)
        #expect(decision.actions == [.closeLedger(.failed)])
        #expect(decision.status.steps?.map(\.state) == [.failed, .unknown])
    }

    // MARK: Objectives

    @Test(
        "The status says of each phase what it took, and whether that is its objective",
        arguments: [
            (300, true), (1800, true), (1801, false),
        ])
    func objectives(seconds: Int, isMet: Bool) {
        var spec = run([("a", nil, [sqlStep("one")]), ("b", nil, [sqlStep("two")])])
        spec.plan.phases[0].objective = .init(rto: Span("30m"))
        spec.plan.phases[0].steps[0].deadline = Span("2h")
        var status = begun(spec)
        #expect(status.phases?.map(\.rto) == ["<1m/30m"])
        #expect(status.phases?[0].objectiveMet == nil)
        let end = start.addingTimeInterval(Double(seconds))
        status =
            RunMachine.decide(spec, status, .init(outcomes: [one: .success(message: "", outputs: [:])]), now: end)
            .status
        #expect(status.phases?.map(\.name) == ["a", "b"])
        #expect(status.phases?[0].objectiveMet == isMet)
        #expect(status.phases?[0].finishedAt == end)
        #expect(status.phases?[0].rto == "\(Span.text(seconds: Int64(seconds)))/30m")
        #expect(status.phases?[1].objectiveMet == nil, "it has none")
    }

    @Test(
        "An objective is missed when its time has passed, not when the phase ends, and by a phase that does not come back"
    )
    func missed() {
        var spec = run([("a", nil, [sqlStep("one")])])
        spec.plan.phases[0].objective = .init(rto: Span("5m"))
        let before = begun(spec)
        let running = RunMachine.Observation(running: [one])
        let decision = RunMachine.decide(spec, before, running, now: start.addingTimeInterval(200))
        #expect(decision.status.phases?[0].objectiveMet == nil)
        #expect(decision.wakeAt == start.addingTimeInterval(301))
        #expect(
            RunMachine.decide(spec, before, running, now: start.addingTimeInterval(301)).status.phases?[0].objectiveMet
                == false)
        let failed = RunMachine.decide(
            spec, before, .init(outcomes: [one: .failure(message: "no", retriable: false)]),
            now: start.addingTimeInterval(10))
        #expect(failed.status.phases?[0].objectiveMet == false)
    }
}
