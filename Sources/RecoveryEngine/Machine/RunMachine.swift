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
        /// It failed, and what it was to do may have happened all the same: an answer was lost, or the wait for it ended.
        case unclear(message: String)
    }

    public enum LedgerView: Sendable, Hashable {
        case absent
        case ours
        /// Ours, and it ended: what this API says is older, as after a restore of etcd.
        case ended(RunState, at: Date?)
        /// Another run has the token; `isFinished` says whether that one ended, `isHere` that it goes on under this very API.
        /// `planHash` is of the plan that the token was begun with.
        case taken(run: String, isFinished: Bool, state: String, isHere: Bool = false, planHash: String? = nil)
    }

    public struct Observation: Sendable {
        /// Nil when it need not be known, or a run that has begun cannot learn it.
        public var ledger: LedgerView?
        /// Steps whose activity runs in this process.
        public var running: Set<StepID>
        /// Activities that ended and whose end is not in the status yet.
        public var outcomes: [StepID: Outcome]
        public var progress: [StepID: String]
        /// Backups that running steps are about to restore, and that are not in the status yet.
        public var choices: [StepID: RecoveryRun.ChosenBackup]
        /// What journals say: of the lost runs whose token this one took over, or its own where the ledger calls it ended.
        public var earlier: [StepID: RecoveryRun.StepStatus]
        /// Another run of this plan that has begun and has not ended.
        public var otherRun: String?

        public init(
            ledger: LedgerView? = nil, running: Set<StepID> = [], outcomes: [StepID: Outcome] = [:],
            progress: [StepID: String] = [:], choices: [StepID: RecoveryRun.ChosenBackup] = [:],
            earlier: [StepID: RecoveryRun.StepStatus] = [:], otherRun: String? = nil
        ) {
            self.ledger = ledger
            self.running = running
            self.outcomes = outcomes
            self.progress = progress
            self.choices = choices
            self.earlier = earlier
            self.otherRun = otherRun
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

        /// Whether a step begins: what must be known then has to be looked at before.
        public var startsSteps: Bool {
            actions.contains { action in
                if case .start = action { true } else { false }
            }
        }
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
