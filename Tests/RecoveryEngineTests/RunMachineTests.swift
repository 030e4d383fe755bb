import Foundation
import RecoveryAPI
import Testing

@testable import RecoveryEngine

@Suite("The run machine")
struct RunMachineTests {
    private let simple = run([("a", nil, [sqlStep("one"), sqlStep("two")]), ("b", nil, [sqlStep("three")])])

    @Test("does nothing before the token is its own")
    func ledgerFirst() {
        let decision = RunMachine.decide(simple, nil, .init(ledger: .absent), now: start)
        #expect(decision.actions == [.openLedger])
        #expect(decision.status.state == .pending)
    }

    @Test("never runs a token that another run has", arguments: [true, false])
    func taken(isFinished: Bool) {
        let decision = RunMachine.decide(
            simple, nil, .init(ledger: .taken(run: "other", isFinished: isFinished, state: "Started")), now: start)
        #expect(decision.status.state == .alreadyExecuted)
        #expect(decision.actions.isEmpty)
        #expect(decision.status.steps?.allSatisfy { $0.state == .skipped } == true)
        if !isFinished { #expect(decision.status.message?.contains("--resume") == true) }
    }

    @Test("takes an unfinished token over only when told to")
    func resume() {
        let spec = run([("a", nil, [sqlStep("one")])], resume: true)
        let observation = RunMachine.Observation(ledger: .taken(run: "lost", isFinished: false, state: "Started"))
        #expect(RunMachine.decide(spec, nil, observation, now: start).actions == [.resumeLedger])
        let finished = RunMachine.Observation(ledger: .taken(run: "lost", isFinished: true, state: "Succeeded"))
        #expect(RunMachine.decide(spec, nil, finished, now: start).status.state == .alreadyExecuted)
    }

    @Test("runs steps in order and phases after what they depend on, and ends")
    func order() {
        var status: RecoveryRun.Status?
        var seen: [RunMachine.StepID] = []
        var observation = RunMachine.Observation(ledger: .ours)
        for _ in 0..<10 {
            let decision = RunMachine.decide(simple, status, observation, now: start)
            status = decision.status
            observation = RunMachine.Observation()
            for case .start(let step) in decision.actions {
                seen.append(step)
                observation.outcomes[step] = .success(message: "", outputs: [:])
            }
            if status?.state?.isTerminal == true {
                #expect(decision.actions == [.closeLedger(.succeeded)])
                break
            }
        }
        #expect(seen == [id("a", "one"), id("a", "two"), id("b", "three")])
        #expect(status?.state == .succeeded)
        #expect(status?.progress == "3/3")
    }

    @Test("tries again as often as it may, then fails and skips the rest")
    func retries() {
        let spec = run([("a", nil, [sqlStep("one", retries: 1), sqlStep("two")])])
        var decision = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start)
        let failure = RunMachine.Observation(outcomes: [id("a", "one"): .failure(message: "no", retriable: true)])
        decision = RunMachine.decide(spec, decision.status, failure, now: start)
        #expect(decision.status.steps?[0].state == .waiting)
        #expect(decision.wakeAt == start.addingTimeInterval(5))
        decision = RunMachine.decide(spec, decision.status, .init(), now: start.addingTimeInterval(5))
        #expect(decision.actions == [.start(id("a", "one"))])
        decision = RunMachine.decide(spec, decision.status, failure, now: start.addingTimeInterval(6))
        #expect(decision.status.state == .failed)
        #expect(decision.status.steps?.map(\.state) == [.failed, .skipped])
        #expect(decision.status.progress == "0/2")
        #expect(decision.actions == [.closeLedger(.failed)])
    }

    @Test("passes over a failure that may be passed over, and waits for a person where it must")
    func failureRules() {
        for (rule, expected) in [(Step.FailureRule.continue, RunState.succeeded), (.pause, .paused), (.stop, .failed)] {
            let spec = run([("a", nil, [sqlStep("one", onFailure: rule)])])
            let first = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start)
            let second = RunMachine.decide(
                spec, first.status, .init(outcomes: [id("a", "one"): .failure(message: "no", retriable: false)]),
                now: start)
            #expect(second.status.state == expected, "\(rule)")
        }
    }

    @Test("after a crash runs again what may run again, and asks a person about the rest")
    func crash() {
        for (write, action, state) in [
            (false, [RunMachine.Action.start(id("a", "one"))], RunState.running), (true, [], .paused),
        ] {
            let spec = run([("a", nil, [sqlStep("one", write: write)])])
            let before = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start)
            #expect(before.status.steps?[0].state == .running)
            // The operator dies here: nothing runs and nobody knows an outcome.
            let after = RunMachine.decide(spec, before.status, .init(), now: start.addingTimeInterval(60))
            #expect(after.actions == action)
            #expect(after.status.state == state)
            #expect(after.status.steps?[0].attempts == 1)
        }
    }

    @Test("goes on with an unknown step once a person has paused and continued it")
    func person() {
        var spec = run([("a", nil, [sqlStep("one", write: true)])])
        var status = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start).status
        status = RunMachine.decide(spec, status, .init(), now: start).status
        #expect(status.state == .paused)
        spec.desiredState = .paused
        status = RunMachine.decide(spec, status, .init(), now: start).status
        spec.desiredState = .running
        let decision = RunMachine.decide(spec, status, .init(), now: start)
        #expect(decision.actions == [.start(id("a", "one"))])
    }

    @Test("cancels a step whose deadline has passed, and fails when that has ended")
    func deadline() {
        let spec = run([("a", nil, [sqlStep("one")])])
        let before = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start)
        let late = start.addingTimeInterval(601)
        let cancelling = RunMachine.decide(spec, before.status, .init(running: [id("a", "one")]), now: late)
        #expect(cancelling.actions == [.cancel(id("a", "one"))])
        let ended = RunMachine.decide(
            spec, cancelling.status,
            .init(
                outcomes: [id("a", "one"): .failure(message: "cancelled", retriable: false)],
                progress: [id("a", "one"): "waiting for Deployment api: it is not there"]), now: late)
        #expect(ended.status.state == .failed)
        #expect(
            ended.status.steps?[0].message
                == "its deadline of 10m passed; last: waiting for Deployment api: it is not there")
    }

    @Test("aborts: cancels what runs, and ends when it has stopped")
    func abort() {
        var spec = simple
        let before = RunMachine.decide(spec, nil, .init(ledger: .ours), now: start)
        spec.desiredState = .aborted
        let cancelling = RunMachine.decide(spec, before.status, .init(running: [id("a", "one")]), now: start)
        #expect(cancelling.actions == [.cancel(id("a", "one"))])
        #expect(cancelling.status.state == .running)
        let ended = RunMachine.decide(spec, cancelling.status, .init(), now: start)
        #expect(ended.status.state == .aborted)
    }

    private func recorded(_ status: RecoveryRun.Status?) -> Set<RunMachine.StepID> {
        Set((status?.steps ?? []).filter { $0.state == .succeeded }.map { id($0.phase, $0.step) })
    }

    /// A generator with a fixed seed: the same runs every time.
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test(
        "under any crashes and failures ends, never starts a done step again, and never leaves a terminal state",
        arguments: 0..<300)
    func random(seed: Int) {
        var dice = Dice(state: UInt64(seed) &* 7919 &+ 17)
        let phases = (0..<Int.random(in: 1...5, using: &dice)).map { index in
            (
                "p\(index)",
                Bool.random(using: &dice)
                    ? nil : (0..<index).filter { _ in Bool.random(using: &dice) }.map { "p\($0)" },
                (0..<Int.random(in: 1...3, using: &dice)).map {
                    sqlStep(
                        "s\($0)", retries: Int.random(in: 0...2, using: &dice),
                        onFailure: Step.FailureRule.allCases.randomElement(using: &dice))
                }
            )
        }
        var spec = run(phases)
        var status: RecoveryRun.Status?
        var running: Set<RunMachine.StepID> = []
        var done: Set<RunMachine.StepID> = []
        var outcomes: [RunMachine.StepID: RunMachine.Outcome] = [:]
        var now = start
        for _ in 0..<400 {
            let decision = RunMachine.decide(
                spec, status, .init(ledger: .ours, running: running, outcomes: outcomes), now: now)
            let previous = status
            // The process may die before the status is written: then nothing of this pass has happened.
            if Int.random(in: 0..<12, using: &dice) == 0 {
                running = []
                outcomes = [:]
                done = recorded(status)
                continue
            }
            status = decision.status
            outcomes = [:]
            // A failure that waits for a person may be tried again; nothing else comes back.
            for step in previous?.steps ?? [] where [.succeeded, .skipped].contains(step.state) {
                #expect(status?.steps?.first { $0.phase == step.phase && $0.step == step.step }?.state == step.state)
            }
            for case .start(let step) in decision.actions {
                #expect(!done.contains(step), "\(step) was done")
                running.insert(step)
            }
            for case .cancel(let step) in decision.actions {
                running.remove(step)
                outcomes[step] = .failure(message: "cancelled", retriable: false)
            }
            // Or after it: what was started is lost.
            if Int.random(in: 0..<12, using: &dice) == 0 { running = [] }
            if let step = running.sorted().randomElement(using: &dice) {
                running.remove(step)
                if Bool.random(using: &dice) {
                    done.insert(step)
                    outcomes[step] = .success(message: "", outputs: [:])
                } else {
                    outcomes[step] = .failure(message: "no", retriable: true)
                }
            }
            // A success that is not yet in the status may be lost with the process: then the step is asked for again.
            if outcomes.isEmpty { done = recorded(status) }
            if status?.state == .paused { spec.desiredState = spec.desiredState == .paused ? .running : .paused }
            now += 30
            if status?.state?.isTerminal == true { break }
        }
        #expect(status?.state?.isTerminal == true, "it never ended: \(String(describing: status))")
    }
}
