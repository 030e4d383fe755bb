public import Foundation
public import KubernetesModel

/// One execution of one plan.
public struct RecoveryRun: KubernetesResource {
    public static let resourceType = ResourceType(
        group: RecoveryGroup.name, version: RecoveryGroup.version, kind: "RecoveryRun", plural: "recoveryruns")

    public var apiVersion = RecoveryGroup.apiVersion
    public var kind = "RecoveryRun"
    public var metadata: ObjectMeta
    public var spec: Spec
    public var status: Status?

    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    public struct Spec: Codable, Sendable, Hashable {
        public var planRef: ObjectReference
        public var token: String
        public var mode: RunMode
        public var to: RecoveryTarget?
        /// A copy: a plan that is edited while it runs changes nothing here.
        public var plan: RecoveryPlan.Spec
        /// SHA-256 of the copy, hexadecimal.
        public var planHash: String
        /// Takes over the token of a run that was lost in its middle.
        public var resume: Bool?
        /// What people change: `Running`, `Paused`, `Aborted`.
        public var desiredState: DesiredState?

        public init(
            planRef: ObjectReference, token: String, mode: RunMode, to: RecoveryTarget?, plan: RecoveryPlan.Spec,
            planHash: String, resume: Bool? = nil, desiredState: DesiredState? = nil
        ) {
            self.planRef = planRef
            self.token = token
            self.mode = mode
            self.to = to
            self.plan = plan
            self.planHash = planHash
            self.resume = resume
            self.desiredState = desiredState
        }
    }

    public enum DesiredState: String, Codable, Sendable, Hashable, CaseIterable {
        case running = "Running"
        case paused = "Paused"
        case aborted = "Aborted"
    }

    public struct Status: Codable, Sendable, Hashable {
        public var observedGeneration: Int64?
        public var conditions: [Condition]?
        public var state: RunState?
        public var phase: String?
        public var progress: String?
        public var rto: String?
        public var message: String?
        public var startedAt: Date?
        public var finishedAt: Date?
        /// When it will be finished if the rest takes as long as its deadlines' experience says.
        public var steps: [StepStatus]?
        /// The ledger entry's key, once it is ours.
        public var ledgerKey: String?

        public init() {}
    }

    /// What became of one step.
    public struct StepStatus: Codable, Sendable, Hashable {
        public var phase: String
        public var step: String
        public var kind: String?
        public var state: StepState
        /// Attempts begun.
        public var attempts: Int64
        public var startedAt: Date?
        public var finishedAt: Date?
        /// When a failed attempt is made again.
        public var retryAt: Date?
        public var message: String?
        /// What later steps and people may read. Never a secret.
        public var outputs: [String: String]?

        public init(phase: String, step: String, kind: String?) {
            self.phase = phase
            self.step = step
            self.kind = kind
            self.state = .pending
            self.attempts = 0
        }
    }
}

/// The states of a run. Terminal ones are never left.
public enum RunState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Not begun: the ledger has not been asked. Then Running, AlreadyExecuted, Failed or Aborted.
    case pending = "Pending"
    /// Then Paused, Succeeded, Failed, Aborted.
    case running = "Running"
    /// Waits for a person: by request, by a step's onFailure, or since nobody can tell whether a step has happened. Then
    /// Running or Aborted.
    case paused = "Paused"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case aborted = "Aborted"
    /// The ledger has this token under another run.
    case alreadyExecuted = "AlreadyExecuted"

    public var isTerminal: Bool {
        switch self {
        case .pending, .running, .paused: false
        case .succeeded, .failed, .aborted, .alreadyExecuted: true
        }
    }
}

/// The states of a step.
public enum StepState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Then Running or Skipped.
    case pending = "Pending"
    /// Written before the act. Then Succeeded, Failed, Waiting (a retry), or Unknown after a crash.
    case running = "Running"
    /// Failed, and is tried again at `retryAt`. Then Running.
    case waiting = "Waiting"
    /// It was running when the operator died and cannot tell whether it happened. A person decides. Then Running.
    case unknown = "Unknown"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case skipped = "Skipped"

    public var isFinal: Bool {
        switch self {
        case .succeeded, .failed, .skipped: true
        case .pending, .running, .waiting, .unknown: false
        }
    }
}
