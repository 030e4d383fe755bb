import Foundation
import RecoveryAPI

extension RunPass {
    mutating func advance() {
        takeChoices()
        takeOutcomes()
        if obeyLedger() { return }
        if spec.desiredState == .aborted { return abort() }
        if failsAsItMust() { return }
        settleOrphans()
        offerRetryToPerson()
        let isPaused = spec.desiredState == .paused || waitingForPerson() != nil
        if status.state == .paused, !isPaused { forgivePause() }
        checkDeadlines(isPaused: isPaused)
        if failsAsItMust() { return }
        if let reason = waitingForPerson() {
            status.state = .paused
            status.message = reason
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

    private mutating func takeChoices() {
        for index in indices where steps[index].state == .running {
            if steps[index].backup == nil { steps[index].backup = observation.choices[id(index)] }
        }
    }

    // MARK: Ends of attempts

    private mutating func takeOutcomes() {
        for index in indices where steps[index].state == .running {
            if let text = observation.progress[id(index)] { steps[index].message = text }
            switch observation.outcomes[id(index)] {
            case nil: continue
            case .success(let message, let outputs):
                steps[index].state = .succeeded
                steps[index].finishedAt = now
                steps[index].message = message
                steps[index].outputs = outputs.isEmpty ? nil : outputs
            case .failure(let message, let retriable): failed(index, message, retriable: retriable)
            case .unclear(let message):
                if isRepeatable(index) {
                    failed(index, message, retriable: true)
                } else {
                    // Another attempt could do it twice: also one that retries allows.
                    steps[index].state = .unknown
                    steps[index].message =
                        "\(lateness(index).map { "\($0), " } ?? "")\(message): nobody knows whether it happened"
                }
            }
        }
    }

    private mutating func failed(_ index: Int, _ message: String, retriable: Bool) {
        if let late = lateness(index) {
            steps[index].state = .failed
            steps[index].finishedAt = now
            let said = message == "cancelled" ? observation.progress[id(index)] : message
            steps[index].message = late + (said.map { "; last: \($0)" } ?? "")
            return
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

    /// A step that was running when the operator died: what may run again runs again, and so is asked whether it happened;
    /// the rest waits for a person.
    private mutating func settleOrphans() {
        for index in indices where steps[index].state == .running {
            guard !observation.running.contains(id(index)) else { continue }
            if isRepeatable(index) {
                guard spec.desiredState != .paused else { continue }
                // The time that no operator was there is not the step's.
                if let limit = limit(index), now >= limit { steps[index].resumedAt = now }
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
        for index in indices
        where steps[index].state == .unknown || steps[index].state == .failed && rule(index) == .pause {
            steps[index].state = .waiting
            steps[index].retryAt = now
            // The time that a person took to look is not the step's.
            steps[index].startedAt = nil
            steps[index].resumedAt = nil
            steps[index].finishedAt = nil
        }
    }

    private func waitingForPerson() -> String? {
        for index in indices {
            let name = "step \(steps[index].step) of phase \(steps[index].phase)"
            let mend = "to run it again set spec.desiredState to Paused and then to Running; to give up, to Aborted"
            if steps[index].state == .unknown { return "\(name): \(steps[index].message ?? ""); \(mend)" }
            if steps[index].state == .failed, rule(index) == .pause {
                return "\(name) failed: \(steps[index].message ?? ""); \(mend)"
            }
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

    private mutating func failsAsItMust() -> Bool {
        guard let failed = indices.first(where: { steps[$0].state == .failed && rule($0) == .stop }) else {
            return false
        }
        dropStarts()
        for running in observation.running.sorted() { actions.append(.cancel(running)) }
        if observation.running.isEmpty {
            end(
                .failed,
                "step \(steps[failed].step) of phase \(steps[failed].phase) failed: \(steps[failed].message ?? "")")
        } else {
            wake(at: now.addingTimeInterval(2))
        }
        return true
    }

    private mutating func succeed() {
        let failed = indices.filter { steps[$0].state == .failed }.map { steps[$0].step }
        let warning =
            failed.isEmpty ? "" : "; these steps failed and were passed over: \(failed.joined(separator: ", "))"
        end(.succeeded, (spec.mode == .dryRun ? "nothing stands in the way" : "recovered") + warning)
    }

    // MARK: Starts

    private mutating func startWhatMay() {
        for phase in spec.plan.phases {
            let dependencies = PlanCheck.dependencies(of: phase, in: spec.plan)
            guard dependencies.allSatisfy(isComplete) else { continue }
            guard let index = indices.first(where: { steps[$0].phase == phase.name && !steps[$0].state.isFinal }) else {
                continue
            }
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
