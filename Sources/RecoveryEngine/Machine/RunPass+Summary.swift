import Foundation
import RecoveryAPI

extension RunPass {
    /// What people read, from what is known.
    mutating func summarise() {
        // Of a run that failed at its last step nobody may read that all of it is done.
        let done = indices.filter {
            steps[$0].state == .succeeded || steps[$0].state == .failed && rule($0) == .continue
        }.count
        status.progress = "\(done)/\(steps.count)"
        let active = indices.first { [.running, .waiting, .unknown].contains(steps[$0].state) }
        if status.state?.isTerminal == true {
            status.phase = nil
        } else if let active {
            status.phase = steps[active].phase
        }
        if status.state == .running {
            status.message = active.map { index in
                let what = steps[index].state == .waiting ? "waits to try again" : "runs"
                return "\(steps[index].step) \(what)\(steps[index].message.map { ": \($0)" } ?? "")"
            }
        }
        guard let began = status.startedAt else { return }
        status.rto = taken(from: began, to: status.finishedAt, of: spec.plan.objective?.rto)
        if spec.mode == .recover {
            let phases = spec.plan.phases.compactMap { summary(of: $0) }
            status.phases = phases.isEmpty ? nil : phases
        }
    }

    /// While it runs it moves by the minute: each change is a write.
    private func taken(from began: Date, to end: Date?, of objective: Span?) -> String {
        let seconds = max(0, Int64((end ?? now).timeIntervalSince(began)))
        let text =
            end != nil ? Span.text(seconds: seconds) : seconds < 60 ? "<1m" : Span.text(seconds: seconds / 60 * 60)
        return text + (objective.map { "/\($0)" } ?? "")
    }

    /// Nil before it began.
    private mutating func summary(of phase: RecoveryPlan.Phase) -> RecoveryRun.PhaseStatus? {
        let own = indices.filter { steps[$0].phase == phase.name }
        // A step that a person sent back has forgotten its start; the phase has not.
        let known = status.phases?.first { $0.name == phase.name }?.startedAt
        guard let began = known ?? own.compactMap({ steps[$0].startedAt }).min() else { return nil }
        let objective = phase.objective?.rto
        let isOver = own.allSatisfy { steps[$0].state.isFinal }
        let end = isOver ? own.compactMap { steps[$0].finishedAt }.max() ?? status.finishedAt : status.finishedAt
        var isMet: Bool?
        if let objective {
            let isLate = (end ?? now).timeIntervalSince(began) > Double(objective.seconds)
            // A step that was passed over takes nothing from the phase.
            let isBack = own.allSatisfy {
                steps[$0].state == .succeeded || steps[$0].state == .failed && rule($0) == .continue
            }
            if end != nil { isMet = isBack && !isLate } else if isLate { isMet = false }
            if end == nil, !isLate { wake(at: began.addingTimeInterval(Double(objective.seconds) + 1)) }
        }
        return RecoveryRun.PhaseStatus(
            name: phase.name, startedAt: began, finishedAt: end, rto: taken(from: began, to: end, of: objective),
            objectiveMet: isMet)
    }
}
