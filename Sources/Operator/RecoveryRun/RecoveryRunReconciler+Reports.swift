import ControllerRuntime
import KubernetesModel
import RecoveryAPI
import RecoveryEngine

/// What people see: conditions and events.
extension RecoveryRunReconciler {
    static func complaint(_ error: any Error) -> (reason: String, message: String) {
        let reason = (error as? ReferenceError)?.reason ?? Reason.storeNotReady
        return (reason, String("\(error)".prefix(2000)))
    }

    /// - Parameter waits: whether it has not begun because another run of its plan has not ended.
    static func readiness(_ status: RecoveryRun.Status, waits: Bool = false) -> Readiness {
        let text = status.message ?? ""
        return switch status.state ?? .pending {
        case .pending where waits: .working(reason: Reason.otherRunUnderWay, message: text)
        case .pending, .running: .working(reason: Reason.running, message: text)
        case .paused: .stalled(reason: Reason.paused, message: text)
        case .succeeded: .ready(reason: Reason.succeeded, message: text)
        case .aborted: .stalled(reason: Reason.aborted, message: text)
        case .failed: .stalled(reason: Reason.failed, message: text)
        case .alreadyExecuted: .stalled(reason: Reason.alreadyExecuted, message: text)
        }
    }

    func announce(before: RecoveryRun, after: RecoveryRun) {
        let old = Dictionary((before.status?.steps ?? []).map { ("\($0.phase)/\($0.step)", $0.state) }) { _, last in
            last
        }
        for step in after.status?.steps ?? [] where old["\(step.phase)/\(step.step)"] != step.state {
            let name = "\(step.phase)/\(step.step)"
            let isGood: Bool
            let reason: String
            switch step.state {
            case .running: (isGood, reason) = (true, Reason.stepStarted)
            case .succeeded: (isGood, reason) = (true, Reason.stepSucceeded)
            case .failed: (isGood, reason) = (false, Reason.stepFailed)
            case .waiting: (isGood, reason) = (false, Reason.stepRetrying)
            case .unknown: (isGood, reason) = (false, Reason.stepUnknown)
            case .pending, .skipped: continue
            }
            context.recorder.record(
                isGood ? .normal : .warning, reason: reason, action: "Recover", "\(name): \(step.message ?? "begun")",
                about: after)
        }
        if before.status?.state != after.status?.state, let state = after.status?.state, state.isTerminal {
            context.recorder.record(
                state == .succeeded ? .normal : .warning, reason: state.rawValue, action: "Recover",
                after.status?.message ?? "",
                about: after)
        }
    }
}
