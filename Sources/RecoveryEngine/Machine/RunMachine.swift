public import Foundation
public import RecoveryAPI

/// What a recovery does next, as a function of its spec, its status, what was seen, and the time.
///
/// The status is written before the actions are done. So after a crash it says at least as much as has happened, and a
/// step that it calls running is one that may have happened.
public enum RunMachine {
    public struct StepID: Hashable, Sendable, Comparable {
        public var phase: String
        public var step: String

        public init(phase: String, step: String) {
            self.phase = phase
            self.step = step
        }

        public static func < (left: Self, right: Self) -> Bool { (left.phase, left.step) < (right.phase, right.step) }
    }

    public enum Outcome: Sendable, Hashable {
        case success(message: String, outputs: [String: String])
        /// `retriable`: another attempt may do better with nothing changed by a person.
        case failure(message: String, retriable: Bool)
    }

    public enum LedgerView: Sendable, Hashable {
        case absent
        case ours
        /// Another run has the token; `isFinished` says whether that one ended, `isHere` that it goes on under this very API.
        case taken(run: String, isFinished: Bool, state: String, isHere: Bool = false)
    }

    public struct Observation: Sendable {
        /// Nil when it need not be known (a dry run, or it is known to be ours).
        public var ledger: LedgerView?
        /// Steps whose activity runs in this process.
        public var running: Set<StepID>
        /// Activities that ended and whose end is not in the status yet.
        public var outcomes: [StepID: Outcome]
        public var progress: [StepID: String]
        /// Steps that an earlier, lost run of this token has finished.
        public var finishedEarlier: [StepID: [String: String]]

        public init(
            ledger: LedgerView? = nil, running: Set<StepID> = [], outcomes: [StepID: Outcome] = [:],
            progress: [StepID: String] = [:], finishedEarlier: [StepID: [String: String]] = [:]
        ) {
            self.ledger = ledger
            self.running = running
            self.outcomes = outcomes
            self.progress = progress
            self.finishedEarlier = finishedEarlier
        }
    }

    public enum Action: Sendable, Hashable {
        case openLedger
        /// Take the token over from a lost run.
        case resumeLedger
        case start(StepID)
        case cancel(StepID)
        case closeLedger(RunState)
    }

    public struct Decision: Sendable {
        public var status: RecoveryRun.Status
        public var actions: [Action]
        /// Look again then, if nothing happens before.
        public var wakeAt: Date?
    }

    public static let defaultDeadline: TimeInterval = 3600

    public static func decide(
        _ spec: RecoveryRun.Spec, _ status: RecoveryRun.Status?, _ observation: Observation, now: Date
    ) -> Decision {
        var pass = RunPass(spec: spec, status: status ?? RecoveryRun.Status(), observation: observation, now: now)
        pass.run()
        return Decision(status: pass.status, actions: pass.actions, wakeAt: pass.wakeAt)
    }
}
