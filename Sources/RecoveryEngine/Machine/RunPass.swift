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

    private mutating func prepareSteps() {
        guard status.steps == nil else { return }
        status.steps = spec.plan.phases.flatMap { phase in
            phase.steps.map { RecoveryRun.StepStatus(phase: phase.name, step: $0.name, kind: $0.kind?.rawValue) }
        }
    }

    /// A step that began and whose end is not known keeps that: it may have happened.
    mutating func end(_ state: RunState, _ message: String, at time: Date? = nil) {
        status.state = state
        status.message = message
        status.finishedAt = time ?? now
        dropStarts()
        for index in indices {
            switch steps[index].state {
            case .pending, .waiting:
                steps[index].state = .skipped
                steps[index].retryAt = nil
            case .running:
                steps[index].state = spec.mode == .dryRun ? .skipped : .unknown
                steps[index].message = "it ran when the run ended: it may have happened"
            case .unknown, .succeeded, .failed, .skipped: break
            }
        }
        if spec.mode == .recover, state != .alreadyExecuted, status.startedAt != nil {
            actions.append(.closeLedger(state))
        }
    }

    mutating func dropStarts() {
        actions.removeAll { action in
            if case .start = action { true } else { false }
        }
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

    /// A dry run changes nothing: all of it may be done again.
    func isRepeatable(_ index: Int) -> Bool { spec.mode == .dryRun || step(id(index))?.isRepeatable ?? false }

    func rule(_ index: Int) -> Step.FailureRule { step(id(index))?.onFailure ?? .stop }

    mutating func wake(at time: Date) { wakeAt = min(wakeAt ?? time, time) }
}
