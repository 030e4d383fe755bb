import Foundation
import RecoveryAPI

/// One pass of the machine: a status that is changed in place, and the actions that follow from it.
struct RunPass {
    let spec: RecoveryRun.Spec
    var status: RecoveryRun.Status
    let observation: RunMachine.Observation
    let now: Date
    var actions: [RunMachine.Action] = []
    var wakeAt: Date?
    /// Why the run waits for a person, if it does.
    var pauseReason: String?

    init(spec: RecoveryRun.Spec, status: RecoveryRun.Status, observation: RunMachine.Observation, now: Date) {
        self.spec = spec
        self.status = status
        self.observation = observation
        // What is written has whole seconds.
        self.now = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
    }

    mutating func run() {
        if status.state == nil {
            status.state = .pending
            status.message = "waiting for the ledger"
        }
        prepareSteps()
        if status.state == .pending { begin() }
        if status.state == .running || status.state == .paused { advance() }
        summarise()
    }

    // MARK: The beginning

    private mutating func prepareSteps() {
        guard status.steps == nil else { return }
        status.steps = spec.plan.phases.flatMap { phase in
            phase.steps.map { RecoveryRun.StepStatus(phase: phase.name, step: $0.name, kind: $0.kind?.rawValue) }
        }
    }

    /// Nothing is done before the token is ours.
    private mutating func begin() {
        if spec.desiredState == .aborted { return end(.aborted, "aborted before it began") }
        do throws(SpecError) { try PlanCheck.check(spec.plan) } catch { return end(.failed, "nothing was done: \(error)") }
        if spec.desiredState == .paused {
            status.message = "paused before it began"
            return
        }
        if spec.mode == .dryRun { return enter() }
        switch observation.ledger {
        case nil: return
        case .absent: actions.append(.openLedger)
        case .ours: enter()
        case .taken(let run, _, _, isHere: true):
            end(
                .alreadyExecuted,
                "token \(spec.token) is being executed by \(run), which is not lost: follow that one, or end it with dr abort \(run)")
        case .taken(let run, let isFinished, let state, isHere: false):
            if isFinished {
                end(.alreadyExecuted, "token \(spec.token) was executed by \(run), which ended \(state); to recover again use a new token")
            } else if spec.resume == true {
                actions.append(.resumeLedger)
            } else {
                end(
                    .alreadyExecuted,
                    "token \(spec.token) was begun by \(run) and is not finished; to go on with it: dr recover \(spec.planRef.name) --token \(spec.token) --resume")
            }
        }
    }

    private mutating func enter() {
        status.state = .running
        status.startedAt = now
        for index in indices where observation.finishedEarlier[id(index)] != nil {
            steps[index].state = .succeeded
            steps[index].startedAt = now
            steps[index].finishedAt = now
            steps[index].message = "done by the run that was lost"
            steps[index].outputs = observation.finishedEarlier[id(index)]
        }
    }

    mutating func end(_ state: RunState, _ message: String) {
        status.state = state
        status.message = message
        status.finishedAt = now
        for index in indices where !steps[index].state.isFinal {
            steps[index].state = .skipped
            steps[index].retryAt = nil
        }
        if spec.mode == .recover, state != .alreadyExecuted, status.startedAt != nil { actions.append(.closeLedger(state)) }
    }

    // MARK: Access

    var steps: [RecoveryRun.StepStatus] {
        get { status.steps ?? [] }
        set { status.steps = newValue }
    }

    var indices: Range<Int> { steps.indices }

    func id(_ index: Int) -> RunMachine.StepID {
        RunMachine.StepID(phase: steps[index].phase, step: steps[index].step)
    }

    func step(_ id: RunMachine.StepID) -> Step? {
        spec.plan.phases.first { $0.name == id.phase }?.steps.first { $0.name == id.step }
    }

    mutating func wake(at time: Date) { wakeAt = min(wakeAt ?? time, time) }
}
