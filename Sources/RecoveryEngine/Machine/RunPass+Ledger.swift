import Foundation
import KubernetesModel
import RecoveryAPI

extension RunPass {
    // MARK: The beginning

    /// Nothing is done before the token is ours.
    mutating func begin() {
        if spec.desiredState == .aborted { return end(.aborted, "aborted before it began") }
        do throws(SpecError) { try PlanCheck.check(spec.plan) } catch {
            return end(.failed, "nothing was done: \(error)")
        }
        if spec.desiredState == .paused {
            status.message = "paused before it began"
            return
        }
        if spec.mode == .dryRun { return enter() }
        switch observation.ledger {
        case nil: return
        case .absent: if !waitsForOther() { actions.append(.openLedger) }
        case .ours: if !waitsForOther() { enter() }
        case .ended(let state, let time): adopt(state, time)
        case .taken(let run, _, _, isHere: true, _):
            end(
                .alreadyExecuted,
                "token \(spec.token) is being executed by \(run), which is not lost: follow that one, or end it with dr abort \(run)"
            )
        case .taken(let run, isFinished: true, let state, _, _):
            end(
                .alreadyExecuted,
                "token \(spec.token) was executed by \(run), which ended \(state); to recover again use a new token")
        case .taken(let run, _, _, _, let hash): takeOver(run, hash)
        }
    }

    private mutating func takeOver(_ run: String, _ hash: String?) {
        guard spec.resume == true else {
            return end(
                .alreadyExecuted,
                "token \(spec.token) was begun by \(run) and is not finished; to go on with it: dr recover \(spec.planRef.name) --token \(spec.token) --resume"
            )
        }
        // Its journal speaks of the steps of another plan.
        if let hash, hash != spec.planHash {
            return end(
                .alreadyExecuted,
                "nothing was done: \(run) began token \(spec.token) with another version of the plan (sha256 \(hash.prefix(12))…, now \(spec.planHash.prefix(12))…); to go on with it make the plan what it was and resume again, to recover by the plan of now use a new token"
            )
        }
        if !waitsForOther() { actions.append(.resumeLedger) }
    }

    /// One recovery of a plan at a time: two would undo each other's steps.
    private mutating func waitsForOther() -> Bool {
        guard let other = observation.otherRun else { return false }
        status.message = "waits until the run \(other) of the same plan has ended; to end it: dr abort \(other)"
        wake(at: now.addingTimeInterval(5))
        return true
    }

    private mutating func enter() {
        status.state = .running
        status.startedAt = now
        status.to = spec.to
        for index in indices {
            if let earlier = observation.earlier[id(index)] { take(earlier, index) }
        }
    }

    /// What a lost run has done is done. What it was doing is done again, or left to a person where that could do harm.
    private mutating func take(_ earlier: RecoveryRun.StepStatus, _ index: Int) {
        steps[index].backup = earlier.backup
        switch earlier.state {
        case .succeeded:
            steps[index].state = .succeeded
            steps[index].startedAt = earlier.startedAt ?? now
            steps[index].finishedAt = earlier.finishedAt ?? now
            steps[index].attempts = earlier.attempts
            steps[index].message = "done by the run that was lost"
            steps[index].outputs = earlier.outputs
        case .running, .unknown:
            guard !isRepeatable(index) else { return }
            steps[index].state = .unknown
            steps[index].startedAt = earlier.startedAt
            steps[index].attempts = earlier.attempts
            steps[index].message = "the run that was lost was at it: nobody knows whether it happened"
        case .pending, .waiting, .failed, .skipped: break
        }
    }

    // MARK: Under way

    /// The ledger goes before the status: it is the one that is never restored to what it was.
    /// - Returns: whether this run is over, or ends as soon as what runs has stopped.
    mutating func obeyLedger() -> Bool {
        switch observation.ledger {
        case .ended, .taken: break
        case nil, .absent, .ours: return false
        }
        for running in observation.running.sorted() { actions.append(.cancel(running)) }
        guard observation.running.isEmpty else {
            status.message = "the ledger says that this run is over: waiting for the step that runs to stop"
            wake(at: now.addingTimeInterval(2))
            return true
        }
        switch observation.ledger {
        case .ended(let state, let time): adopt(state, time)
        case .taken(let run, let isFinished, let state, _, _):
            let end = isFinished ? "ended \(state)" : "goes on with it"
            self.end(
                .alreadyExecuted,
                "token \(spec.token) was taken over by \(run), which \(end): this run does nothing more")
        case nil, .absent, .ours: break
        }
        return true
    }

    private mutating func adopt(_ state: RunState, _ time: Date?) {
        for index in indices {
            guard let earlier = observation.earlier[id(index)] else { continue }
            steps[index] = earlier
        }
        let when = time.map { " at \(Timestamp.format($0))" } ?? ""
        end(
            state,
            "the ledger says that this run ended \(state.rawValue)\(when), and this API server has forgotten it, as one does that was restored: nothing is done again; to recover again use a new token",
            at: time)
    }
}
