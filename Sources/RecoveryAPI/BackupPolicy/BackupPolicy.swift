public import Foundation
public import KubernetesModel

/// What is protected, how often, and how fresh its backups must be.
public struct BackupPolicy: KubernetesResource {
    public static let resourceType = ResourceType(
        group: RecoveryGroup.name, version: RecoveryGroup.version, kind: "BackupPolicy", plural: "backuppolicies")

    public var apiVersion = RecoveryGroup.apiVersion
    public var kind = "BackupPolicy"
    public var metadata: ObjectMeta
    public var spec: Spec
    public var status: Status?

    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    public struct Spec: Codable, Sendable, Hashable {
        public var source: BackupSource
        public var storeRef: ObjectReference
        public var schedule: Schedule?
        public var verification: BackupVerification?
        public var objective: Objective?
        public var suspend: Bool?
        /// A new value takes one backup now.
        public var trigger: String?
        /// Without it everything is kept.
        public var retention: Retention?
        /// `Retain` when absent.
        public var onDelete: DeletionRule?

        public init(
            source: BackupSource, storeRef: ObjectReference, schedule: Schedule? = nil,
            verification: BackupVerification? = nil,
            objective: Objective? = nil, suspend: Bool? = nil, trigger: String? = nil
        ) {
            self.source = source
            self.storeRef = storeRef
            self.schedule = schedule
            self.verification = verification
            self.objective = objective
            self.suspend = suspend
            self.trigger = trigger
        }
    }

    public struct Schedule: Codable, Sendable, Hashable {
        public var cron: String
        /// An IANA name; `Etc/UTC` when absent.
        public var timeZone: String?
        /// Each run starts up to so much later, by an amount that is the same whoever computes it.
        public var jitter: Span?
        /// How old a missed slot may be and still be caught up with.
        public var startingDeadline: Span?

        public init(cron: String, timeZone: String? = nil, jitter: Span? = nil, startingDeadline: Span? = nil) {
            self.cron = cron
            self.timeZone = timeZone
            self.jitter = jitter
            self.startingDeadline = startingDeadline
        }
    }

    public struct Objective: Codable, Sendable, Hashable {
        public var rpo: Span
        public init(rpo: Span) { self.rpo = rpo }
    }

    public struct Status: Codable, Sendable, Hashable {
        public var observedGeneration: Int64?
        public var phase: String?
        public var conditions: [Condition]?
        /// `postgresql/hotswap`, for the SOURCE column.
        public var source: String?
        /// The newest slot that was handled: a backup was made for it, or it was passed over.
        public var lastSlot: Date?
        public var nextSlot: Date?
        /// The value of `spec.trigger` that was handled last.
        public var lastTrigger: String?
        public var lastBackup: String?
        public var lastBackupTime: Date?
        /// The newest moment to which data can be brought back now.
        public var recoverableTo: Date?
        /// `met 14m/1h`, or `BREACHED 3h/1h`.
        public var rpo: String?
        /// The backup that was last proven by restoring it, and when.
        public var lastVerifiedBackup: String?
        public var lastVerificationTime: Date?
        /// How long that took: a measured recovery time.
        public var lastVerificationSeconds: Int64?
        /// The newest slot of the verification's schedule that was handled.
        public var lastVerificationSlot: Date?
        public var nextVerification: Date?
        public var retention: RetentionStatus?
        /// When the login that took the newest backup ends.
        public var credentialEndsAt: Date?

        public init() {}
    }
}

/// The system that is backed up: exactly one member.
public struct BackupSource: Codable, Sendable, Hashable {
    public var postgresql: PostgreSQLSource?
    public var git: GitSource?
    public var kubernetes: KubernetesSource?
    public var prometheus: PrometheusSource?
    public var vault: VaultSource?

    public init(
        postgresql: PostgreSQLSource? = nil, git: GitSource? = nil, kubernetes: KubernetesSource? = nil,
        prometheus: PrometheusSource? = nil,
        vault: VaultSource? = nil
    ) {
        self.postgresql = postgresql
        self.git = git
        self.kubernetes = kubernetes
        self.prometheus = prometheus
        self.vault = vault
    }

    /// `postgresql/hotswap`, `git/team/app`.
    public var summary: String {
        if let postgresql { return String(postgresql.summary.prefix(512)) }
        if let git { return String(git.summary.prefix(512)) }
        if let kubernetes { return String(kubernetes.summary.prefix(512)) }
        if let prometheus { return String(prometheus.summary.prefix(512)) }
        if let vault { return String(vault.summary.prefix(512)) }
        return "none"
    }
}
