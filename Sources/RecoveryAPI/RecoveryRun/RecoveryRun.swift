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
        /// The spec's target as it was when the run began: a later edit changes nothing.
        public var to: RecoveryTarget?
        public var steps: [StepStatus]?
        /// The phases that have begun, against their objectives.
        public var phases: [PhaseStatus]?
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
        /// Since when its deadline counts, where that is not `startedAt`: a lost operator and a paused run take none of it.
        public var resumedAt: Date?
        /// What a restoring step brings back: chosen once, whatever the catalogue has at a later attempt.
        public var backup: ChosenBackup?
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

    /// The backup that a step restores.
    public struct ChosenBackup: Codable, Sendable, Hashable {
        public var name: String
        /// SHA-256 of its main artifact as stored, hexadecimal: another backup of the same name is another one.
        public var artifact: String

        public init(name: String, artifact: String) {
            self.name = name
            self.artifact = artifact
        }
    }

    /// How long one phase took.
    public struct PhaseStatus: Codable, Sendable, Hashable {
        public var name: String
        public var startedAt: Date
        public var finishedAt: Date?
        /// `12m/1h`: what it took so far, of its objective.
        public var rto: String
        /// Nil without an objective, and while it may still be met.
        public var objectiveMet: Bool?

        public init(name: String, startedAt: Date, finishedAt: Date?, rto: String, objectiveMet: Bool?) {
            self.name = name
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.rto = rto
            self.objectiveMet = objectiveMet
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
    /// The ledger has this token under another run, which may have taken it over.
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
    /// Nobody can tell whether it happened: the operator, the run or the connection was lost while it ran. A person decides:
    /// then Waiting. A run that is ended instead keeps it.
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
