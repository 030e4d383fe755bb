public import Foundation
public import KubernetesModel

/// One backup: of one slot of a policy's schedule, or of one trigger.
public struct Backup: KubernetesResource {
    /// The annotation that asks for a proof: a value that is not `status.verification.requested` verifies the backup again.
    public static let verifyAnnotation = "dr.hotswap.io/verify"

    public static let resourceType = ResourceType(
        group: RecoveryGroup.name, version: RecoveryGroup.version, kind: "Backup", plural: "backups")

    public var apiVersion = RecoveryGroup.apiVersion
    public var kind = "Backup"
    public var metadata: ObjectMeta
    public var spec: Spec
    public var status: Status?

    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    public struct Spec: Codable, Sendable, Hashable {
        public var policyRef: ObjectReference
        public var storeRef: ObjectReference
        /// The slot of the schedule; absent for a triggered backup.
        public var slot: Date?
        public var trigger: String?
        /// It was made from the catalogue of a store: it is never taken, for it is there already.
        public var fromCatalogue: Bool?

        public init(
            policyRef: ObjectReference, storeRef: ObjectReference, slot: Date? = nil, trigger: String? = nil,
            fromCatalogue: Bool? = nil
        ) {
            self.fromCatalogue = fromCatalogue
            self.policyRef = policyRef
            self.storeRef = storeRef
            self.slot = slot
            self.trigger = trigger
        }
    }

    public struct Status: Codable, Sendable, Hashable {
        public var observedGeneration: Int64?
        public var phase: String?
        public var conditions: [Condition]?
        public var source: String?
        public var startedAt: Date?
        public var finishedAt: Date?
        /// How often it was started.
        public var attempts: Int64?
        /// When an attempt that failed is made again.
        public var retryAt: Date?
        /// The moment of which the data is.
        public var recoveryPoint: Date?
        public var artifact: Artifact?
        /// Objects that a restore needs, those of earlier backups included.
        public var artifacts: Int64?
        /// `3 tables, 120 rows`, for the CONTENTS column.
        public var contents: String?
        /// SHA-256 of what a restore is compared with, hexadecimal.
        public var fingerprint: String?
        public var warnings: [String]?
        public var serverVersion: String?
        public var toolVersion: String?
        /// `91 MiB`, for the SIZE column.
        public var size: String?
        public var error: String?
        public var verification: Verification?
        /// The login that took it, where it ends.
        public var credential: Credential?

        public init() {}
    }

    public struct Credential: Codable, Sendable, Hashable {
        public var endsAt: Date
        /// Each backup puts its end off.
        public var renewed: Bool

        public init(endsAt: Date, renewed: Bool) {
            self.endsAt = endsAt
            self.renewed = renewed
        }
    }

    public struct Artifact: Codable, Sendable, Hashable {
        public var key: String
        /// As stored: compressed and encrypted.
        public var bytes: Int64
        public var plainBytes: Int64
        /// Of the stored bytes, hexadecimal.
        public var sha256: String

        public init(key: String, bytes: Int64, plainBytes: Int64, sha256: String) {
            self.key = key
            self.bytes = bytes
            self.plainBytes = plainBytes
            self.sha256 = sha256
        }
    }
}
