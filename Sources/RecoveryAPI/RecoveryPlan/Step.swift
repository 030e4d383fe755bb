/// One thing that a recovery does. Exactly one of the kinds is given.
public struct Step: Codable, Sendable, Hashable {
    public enum FailureRule: String, Codable, Sendable, Hashable, CaseIterable {
        /// The run fails. The default.
        case stop = "Stop"
        /// The run goes on and ends Succeeded with a warning.
        case `continue` = "Continue"
        /// The run waits for a person.
        case pause = "Pause"
    }

    public var name: String
    /// From the start of its first attempt; 1h when absent.
    public var deadline: Span?
    /// Further attempts after a failure; 0 when absent.
    public var retries: Int?
    public var onFailure: FailureRule?

    public var restorePostgreSQL: RestorePostgreSQL?
    public var restoreGit: RestoreGit?
    public var restoreResources: RestoreResources?
    public var restorePrometheus: RestorePrometheus?
    public var restoreVault: RestoreVault?
    public var restoreVaultKV: RestoreVaultKV?
    public var unsealVault: UnsealVault?
    public var sql: SQL?
    public var scale: Scale?
    public var rolloutRestart: Workload?
    public var wait: Wait?
    public var http: HTTP?
    public var apply: Apply?

    public init(name: String, deadline: Span? = nil, retries: Int? = nil, onFailure: FailureRule? = nil) {
        self.name = name
        self.deadline = deadline
        self.retries = retries
        self.onFailure = onFailure
    }

    /// The name of the kind that is given; nil unless exactly one is.
    public var kind: StepKind? {
        let given = StepKind.allCases.filter { kind in
            switch kind {
            case .restorePostgreSQL: restorePostgreSQL != nil
            case .restoreGit: restoreGit != nil
            case .restoreResources: restoreResources != nil
            case .restorePrometheus: restorePrometheus != nil
            case .restoreVault: restoreVault != nil
            case .restoreVaultKV: restoreVaultKV != nil
            case .unsealVault: unsealVault != nil
            case .sql: sql != nil
            case .scale: scale != nil
            case .rolloutRestart: rolloutRestart != nil
            case .wait: wait != nil
            case .http: http != nil
            case .apply: apply != nil
            }
        }
        return given.count == 1 ? given[0] : nil
    }
}

public enum StepKind: String, Codable, Sendable, Hashable, CaseIterable {
    case restorePostgreSQL, restoreGit, restoreResources, restorePrometheus, restoreVault, restoreVaultKV, unsealVault
    case sql, scale, rolloutRestart, wait, http, apply
}

extension Step {
    public struct RestorePostgreSQL: Codable, Sendable, Hashable {
        public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
            /// Into a new database, checked, then swapped in; the damaged one is kept.
            case swap = "Swap"
            /// As Swap, and the damaged one is dropped at the end.
            case replace = "Replace"
            /// Into a database that has nothing in it.
            case intoEmpty = "IntoEmpty"
        }

        public enum Verification: String, Codable, Sendable, Hashable, CaseIterable {
            /// Row counts of every table.
            case counts = "Counts"
            /// The checksum of every row of every table.
            case rows = "Rows"
        }

        public enum Globals: String, Codable, Sendable, Hashable, CaseIterable {
            case skip = "Skip"
            /// Roles of the backup that the server does not have are made; none that it has is changed.
            case createMissing = "CreateMissing"
        }

        public enum Tablespaces: String, Codable, Sendable, Hashable, CaseIterable {
            case keep = "Keep"
            /// Everything goes into the default one.
            case ignore = "Ignore"
        }

        /// The policy whose backups are restored, and whose server they are restored into.
        public var policy: String
        /// Which of the backup's databases; needed only where it holds several.
        public var database: String?
        public var globals: Globals?
        /// The run's own target when absent, and `Latest` when that is absent too.
        public var to: RecoveryTarget?
        public var strategy: Strategy?
        public var verify: Verification?
        /// Connections that load and build indexes at once; 2 when absent.
        public var jobs: Int?
        /// Gives everything to the restoring role: for a server without the original's roles.
        public var noOwner: Bool?
        /// Where tables and indexes go; `Keep` when absent.
        public var tablespaces: Tablespaces?
        /// Another server or database than the one that was backed up.
        public var target: PostgreSQLSource?
    }

    public struct SQL: Codable, Sendable, Hashable {
        /// The policy whose server and database are used.
        public var policy: String?
        /// Which of the policy's databases; needed only where it protects several.
        public var database: String?
        public var target: PostgreSQLSource?
        public var query: String
        /// The text of the first column of the first row.
        public var expect: String?
        /// Without it the statement runs in a read-only transaction.
        public var write: Bool?
        /// A write that may safely run again after a crash in its middle.
        public var repeatable: Bool?
    }

    public struct Workload: Codable, Sendable, Hashable {
        public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
            case deployment = "Deployment"
            case statefulSet = "StatefulSet"
        }

        public var kind: Kind
        public var name: String
    }

    public struct Scale: Codable, Sendable, Hashable {
        public var kind: Workload.Kind
        public var name: String
        public var replicas: Int?
        /// The name of an earlier scale step: back to what it found.
        public var asBefore: String?
    }

    public struct Wait: Codable, Sendable, Hashable {
        public var apiVersion: String
        public var kind: String
        public var name: String
        /// A condition's type that must be True.
        public var condition: String?
        /// kubectl's dialect: `.status.phase`.
        public var jsonPath: String?
        public var value: String?
        /// Waits as `kubectl rollout status` does.
        public var rollout: Bool?
    }

    public struct HTTP: Codable, Sendable, Hashable {
        public var url: String
        public var method: String?
        public var headers: [String: String]?
        public var body: String?
        /// Key `token`: sent as `Authorization: Bearer`.
        public var bearerTokenSecret: SecretReference?
        public var caSecret: SecretReference?
        public var expectStatus: [Int]?
        public var expectBody: String?
        /// A POST or PATCH that may safely be sent again after a crash in its middle.
        public var repeatable: Bool?
    }

    public struct Apply: Codable, Sendable, Hashable {
        /// YAML documents.
        public var inline: String?
        /// All keys of a ConfigMap that end in .yaml, .yml or .json, in order of their names.
        public var configMap: ObjectReference?
        /// Takes over fields that others manage.
        public var force: Bool?
    }
}
