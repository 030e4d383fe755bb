public import Foundation
public import KubernetesModel

/// Where backups live: a bucket or a folder, and whom they are encrypted for.
public struct BackupStore: KubernetesResource {
    public static let resourceType = ResourceType(
        group: RecoveryGroup.name, version: RecoveryGroup.version, kind: "BackupStore", plural: "backupstores")

    public var apiVersion = RecoveryGroup.apiVersion
    public var kind = "BackupStore"
    public var metadata: ObjectMeta
    public var spec: Spec
    public var status: Status?

    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    public struct Spec: Codable, Sendable, Hashable {
        public var s3: S3?
        public var filesystem: Filesystem?
        public var encryption: Encryption

        public init(s3: S3? = nil, filesystem: Filesystem? = nil, encryption: Encryption) {
            self.s3 = s3
            self.filesystem = filesystem
            self.encryption = encryption
        }
    }

    public struct S3: Codable, Sendable, Hashable {
        public var endpoint: String
        public var bucket: String
        public var prefix: String?
        public var region: String?
        public var pathStyle: Bool?
        /// Keys `accessKeyID`, `secretAccessKey` and, for temporary credentials, `sessionToken`.
        public var credentialsSecret: ObjectReference
        /// Key `ca.crt`: PEM certificates, trusted instead of the system's.
        public var caSecret: SecretReference?
        /// Keeps what is stored from being deleted by anybody.
        public var objectLock: ObjectLock?
    }

    public struct ObjectLock: Codable, Sendable, Hashable {
        public enum Mode: String, Codable, Sendable, Hashable, CaseIterable {
            case governance = "Governance"
            case compliance = "Compliance"
        }

        public var mode: Mode
        public var retain: Span

        public init(mode: Mode, retain: Span) {
            self.mode = mode
            self.retain = retain
        }
    }

    public struct Filesystem: Codable, Sendable, Hashable {
        public var path: String
        public init(path: String) { self.path = path }
    }

    public struct Encryption: Codable, Sendable, Hashable {
        /// age public keys. Whoever holds the identity of any one of them can restore.
        public var recipients: [String]
        /// Key `identity`: age secret keys. Needed to restore only; a cluster that only backs up does without.
        public var identitySecret: SecretReference?

        public init(recipients: [String], identitySecret: SecretReference? = nil) {
            self.recipients = recipients
            self.identitySecret = identitySecret
        }
    }

    public struct Status: Codable, Sendable, Hashable {
        public var observedGeneration: Int64?
        public var phase: String?
        public var conditions: [Condition]?
        public var lastProbeTime: Date?
        /// Complete backups in the catalogue, and their stored bytes.
        public var backups: Int64?
        public var bytes: Int64?
        /// `bytes` for people.
        public var size: String?
        /// Whether two creates of one key were told apart, as the ledger needs.
        public var conditionalWrites: Bool?
        public var objectLock: Bool?
        /// When the catalogue was last read.
        public var lastCatalogueTime: Date?
        public var orphans: Orphans?

        public init() {}
    }

    /// What lies in the store and belongs to no backup.
    public struct Orphans: Codable, Sendable, Hashable {
        public var objects: Int64
        public var bytes: Int64
        /// When they were last looked for.
        public var checkedAt: Date?

        public init(objects: Int64, bytes: Int64, checkedAt: Date?) {
            self.objects = objects
            self.bytes = bytes
            self.checkedAt = checkedAt
        }
    }
}
