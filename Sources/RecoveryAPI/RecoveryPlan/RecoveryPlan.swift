public import Foundation
public import KubernetesModel

/// How a service comes back, phase by phase, and how fast.
public struct RecoveryPlan: KubernetesResource {
    public static let resourceType = ResourceType(
        group: RecoveryGroup.name, version: RecoveryGroup.version, kind: "RecoveryPlan", plural: "recoveryplans")

    public var apiVersion = RecoveryGroup.apiVersion
    public var kind = "RecoveryPlan"
    public var metadata: ObjectMeta
    public var spec: Spec
    public var status: Status?

    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    public struct Spec: Codable, Sendable, Hashable {
        public var storeRef: ObjectReference
        public var objective: Objective?
        public var phases: [Phase]
        public var execute: Execute?

        public init(storeRef: ObjectReference, objective: Objective? = nil, phases: [Phase], execute: Execute? = nil) {
            self.storeRef = storeRef
            self.objective = objective
            self.phases = phases
            self.execute = execute
        }

        /// The part that a run copies: the plan without the order to execute it.
        public var recipe: Spec {
            var copy = self
            copy.execute = nil
            return copy
        }
    }

    public struct Objective: Codable, Sendable, Hashable {
        public var rto: Span?
        public var rpo: Span?

        public init(rto: Span? = nil, rpo: Span? = nil) {
            self.rto = rto
            self.rpo = rpo
        }
    }

    public struct Phase: Codable, Sendable, Hashable {
        public var name: String
        public var component: String?
        public var priority: String?
        public var objective: Objective?
        /// Without it a phase follows the one above; an empty list starts at once.
        public var dependsOn: [String]?
        public var steps: [Step]

        public init(
            name: String, component: String? = nil, priority: String? = nil, objective: Objective? = nil,
            dependsOn: [String]? = nil, steps: [Step]
        ) {
            self.name = name
            self.component = component
            self.priority = priority
            self.objective = objective
            self.dependsOn = dependsOn
            self.steps = steps
        }
    }

    /// The order to run the plan once. Absent: standby.
    public struct Execute: Codable, Sendable, Hashable {
        /// What makes this execution one and no other: a token is executed once, for ever.
        public var token: String
        public var mode: RunMode?
        public var to: RecoveryTarget?

        public init(token: String, mode: RunMode? = nil, to: RecoveryTarget? = nil) {
            self.token = token
            self.mode = mode
            self.to = to
        }
    }

    public struct Status: Codable, Sendable, Hashable {
        public var observedGeneration: Int64?
        public var conditions: [Condition]?
        /// A ``RunState`` or `Standby`.
        public var state: String?
        /// The phase that runs, for the PHASE column.
        public var phase: String?
        /// Finished steps of all: `7/12`.
        public var progress: String?
        /// `12m/1h`: what it took so far, of the objective.
        public var rto: String?
        public var message: String?
        /// The run of the newest token.
        public var run: String?
        public var lastToken: String?
        public var lastRunFinishedAt: Date?

        public init() {}
    }
}

public enum RunMode: String, Codable, Sendable, Hashable, CaseIterable {
    case recover = "Recover"
    /// Checks everything that can be checked without changing anything, and says what would be done.
    case dryRun = "DryRun"
}

/// Which moment is brought back: `Latest`, `LatestVerified`, `{backup: NAME}`, `{time: RFC 3339}`.
///
/// Reading never fails: what is none of these is kept as ``unknown(_:)``, so that the object can be shown with a
/// condition that names the field, instead of being unreadable.
public enum RecoveryTarget: Sendable, Hashable {
    case latest
    case latestVerified
    case backup(String)
    /// The newest backup whose data is not newer than this.
    case time(Date)
    case unknown(JSON)
}

extension RecoveryTarget: Codable, CustomStringConvertible {
    public init(from decoder: any Decoder) throws {
        let value = try JSON(from: decoder)
        self =
            switch (value, value.object?.count, value["backup"]?.string, value["time"]?.string.flatMap(Timestamp.parse))
            {
            case ("Latest", _, _, _): .latest
            case ("LatestVerified", _, _, _): .latestVerified
            case (_, 1, let name?, _): .backup(name)
            case (_, 1, _, let time?): .time(time)
            default: .unknown(value)
            }
    }

    public func encode(to encoder: any Encoder) throws {
        let value: JSON =
            switch self {
            case .latest: "Latest"
            case .latestVerified: "LatestVerified"
            case .backup(let name): ["backup": .string(name)]
            case .time(let time): ["time": .string(Timestamp.format(time))]
            case .unknown(let value): value
            }
        try value.encode(to: encoder)
    }

    public var description: String {
        switch self {
        case .latest: "Latest"
        case .latestVerified: "LatestVerified"
        case .backup(let name): "backup \(name)"
        case .time(let time): Timestamp.format(time)
        case .unknown(let value): value.text
        }
    }
}
