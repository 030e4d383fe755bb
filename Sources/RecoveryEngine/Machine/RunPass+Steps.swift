import Foundation
import RecoveryAPI

extension RunPass {
    mutating func advance() {
        takeOutcomes()
        checkDeadlines()
        if spec.desiredState == .aborted { return abort() }
        if let failed = indices.first(where: { steps[$0].state == .failed && rule($0) == .stop }) {
            return fail("step \(steps[failed].step) of phase \(steps[failed].phase) failed: \(steps[failed].message ?? "")")
        }
        settleOrphans()
        offerRetryToPerson()
        pauseReason = pauseReason ?? waitingForPerson()
        if let pauseReason {
            status.state = .paused
            status.message = pauseReason
            return
        }
        if spec.desiredState == .paused {
            status.state = .paused
            status.message = observation.running.isEmpty ? "paused" : "pausing: the step that runs is finished first"
            return
        }
        status.state = .running
        if indices.allSatisfy({ steps[$0].state.isFinal }) { return succeed() }
        startWhatMay()
    }

    private func rule(_ index: Int) -> Step.FailureRule { step(id(index))?.onFailure ?? .stop }

    // MARK: Ends of attempts

    private mutating func takeOutcomes() {
        for index in indices where steps[index].state == .running {
            if let text = observation.progress[id(index)] { steps[index].message = text }
            guard let outcome = observation.outcomes[id(index)] else { continue }
            switch outcome {
            case .success(let message, let outputs):
                steps[index].state = .succeeded
                steps[index].finishedAt = now
                steps[index].message = message
                steps[index].outputs = outputs.isEmpty ? nil : outputs
            case .failure(let message, let retriable):
                let limit = step(id(index))?.deadline?.seconds ?? Int64(RunMachine.defaultDeadline)
                if let began = steps[index].startedAt, now >= began.addingTimeInterval(Double(limit)) {
                    let said = message == "cancelled" ? observation.progress[id(index)] : message
                    let last = said.map { "; last: \($0)" } ?? ""
                    steps[index].state = .failed
                    steps[index].finishedAt = now
                    steps[index].message = "its deadline of \(Span.text(seconds: limit)) passed\(last)"
                    continue
                }
                steps[index].message = message
                let retries = Int64(step(id(index))?.retries ?? 0)
                if retriable, steps[index].attempts <= retries {
                    steps[index].state = .waiting
                    // 5 s, 10 s, 20 s, 40 s, then a minute.
                    let exponent = min(4, max(0, steps[index].attempts - 1))
                    steps[index].retryAt = now.addingTimeInterval(min(60, 5 * Double(1 << exponent)))
                } else {
                    steps[index].state = .failed
                    steps[index].finishedAt = now
                }
            }
        }
    }

    private mutating func checkDeadlines() {
        for index in indices where [.running, .waiting].contains(steps[index].state) {
            guard let began = steps[index].startedAt else { continue }
            let limit = began.addingTimeInterval(
                step(id(index))?.deadline.map { Double($0.seconds) } ?? RunMachine.defaultDeadline)
            guard now >= limit else {
                wake(at: limit)
                continue
            }
            if observation.running.contains(id(index)) {
                // Its end comes as an outcome; until then it may still be doing something.
                actions.append(.cancel(id(index)))
                steps[index].message = "cancelled: its deadline passed"
                wake(at: now.addingTimeInterval(5))
            } else {
                steps[index].state = .failed
                steps[index].finishedAt = now
                let last = steps[index].message.map { "; last: \($0)" } ?? ""
                let length = step(id(index))?.deadline.map { "\($0)" } ?? Span.text(seconds: Int64(RunMachine.defaultDeadline))
                steps[index].message = "its deadline of \(length) passed\(last)"
            }
        }
    }

    /// A step that was running when the operator died: what may run again runs again, the rest waits for a person.
    private mutating func settleOrphans() {
        for index in indices where steps[index].state == .running {
            guard !observation.running.contains(id(index)), observation.outcomes[id(index)] == nil else { continue }
            if step(id(index))?.isRepeatable ?? false || spec.mode == .dryRun {
                guard spec.desiredState != .paused else { continue }
                actions.append(.start(id(index)))
            } else {
                steps[index].state = .unknown
                steps[index].message = "the operator was lost while it ran: nobody knows whether it happened"
            }
        }
    }

    // MARK: People

    /// A person who sets Paused has seen why the run waits; Running after that tries the step once more.
    private mutating func offerRetryToPerson() {
        guard spec.desiredState == .paused else { return }
        for index in indices where steps[index].state == .unknown || steps[index].state == .failed && rule(index) == .pause {
            steps[index].state = .waiting
            steps[index].retryAt = now
            // The time that a person took to look is not the step's.
            steps[index].startedAt = nil
            steps[index].finishedAt = nil
        }
    }

    private func waitingForPerson() -> String? {
        for index in indices {
            let name = "step \(steps[index].step) of phase \(steps[index].phase)"
            let mend = "to run it again set spec.desiredState to Paused and then to Running; to give up, to Aborted"
            if steps[index].state == .unknown { return "\(name): \(steps[index].message ?? ""); \(mend)" }
            if steps[index].state == .failed, rule(index) == .pause { return "\(name) failed: \(steps[index].message ?? ""); \(mend)" }
        }
        return nil
    }

    // MARK: Ends of the run

    private mutating func abort() {
        for running in observation.running.sorted() { actions.append(.cancel(running)) }
        if observation.running.isEmpty {
            end(.aborted, "aborted by request")
        } else {
            status.message = "aborting: waiting for the step that runs to stop"
            wake(at: now.addingTimeInterval(2))
        }
    }

    private mutating func fail(_ message: String) {
        for running in observation.running.sorted() { actions.append(.cancel(running)) }
        if observation.running.isEmpty { end(.failed, message) } else { wake(at: now.addingTimeInterval(2)) }
    }

    private mutating func succeed() {
        let failed = indices.filter { steps[$0].state == .failed }.map { steps[$0].step }
        let warning = failed.isEmpty ? "" : "; these steps failed and were passed over: \(failed.joined(separator: ", "))"
        end(.succeeded, (spec.mode == .dryRun ? "nothing stands in the way" : "recovered") + warning)
    }

    // MARK: Starts

    private mutating func startWhatMay() {
        for phase in spec.plan.phases {
            let dependencies = PlanCheck.dependencies(of: phase, in: spec.plan)
            guard dependencies.allSatisfy(isComplete) else { continue }
            guard let index = indices.first(where: { steps[$0].phase == phase.name && !steps[$0].state.isFinal }) else { continue }
            switch steps[index].state {
            case .pending: start(index)
            case .waiting:
                let due = steps[index].retryAt ?? now
                if due <= now { start(index) } else { wake(at: due) }
            default: break
            }
        }
    }

    private func isComplete(_ phase: String) -> Bool {
        indices.allSatisfy { steps[$0].phase != phase || steps[$0].state.isFinal }
    }

    private mutating func start(_ index: Int) {
        steps[index].state = .running
        steps[index].attempts += 1
        steps[index].startedAt = steps[index].startedAt ?? now
        steps[index].retryAt = nil
        steps[index].message = nil
        actions.append(.start(id(index)))
    }

    // MARK: For people

    mutating func summarise() {
        let final = indices.filter { steps[$0].state.isFinal && steps[$0].state != .skipped }.count
        status.progress = "\(final)/\(steps.count)"
        let active = indices.first { [.running, .waiting, .unknown].contains(steps[$0].state) }
        status.phase = active.map { steps[$0].phase } ?? (status.state?.isTerminal == true ? nil : status.phase)
        if status.state == .running {
            status.message = active.map { index in
                let what = steps[index].state == .waiting ? "waits to try again" : "runs"
                return "\(steps[index].step) \(what)\(steps[index].message.map { ": \($0)" } ?? "")"
            }
        }
        if let began = status.startedAt {
            let seconds = Int64((status.finishedAt ?? now).timeIntervalSince(began))
            let objective = spec.plan.objective?.rto.map { "/\($0)" } ?? ""
            // While it runs the column moves by the minute: each change is a write.
            let shown = status.finishedAt == nil ? max(0, seconds / 60) * 60 : seconds
            status.rto = (status.finishedAt == nil && shown == 0 ? "<1m" : Span.text(seconds: shown)) + objective
        }
    }
}

extension Step {
    /// Whether it may run again when nobody knows whether it has happened.
    var isRepeatable: Bool {
        switch kind {
        case .restorePostgreSQL, .restoreGit, .restoreResources, .restorePrometheus, .restoreVault, .restoreVaultKV,
            .unsealVault, .scale, .rolloutRestart, .wait, .apply:
            true
        case .sql: sql?.write != true || sql?.repeatable == true
        case .http: !["POST", "PATCH"].contains(http?.method ?? "GET") || http?.repeatable == true
        case nil: false
        }
    }
}
