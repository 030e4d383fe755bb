public import Foundation

/// What a system says of a backup that it has stored whole.
public struct BackupRecord: Codable, Sendable, Hashable {
    /// The moment of which the data is: everything before it is in the backup.
    public var recoveryPoint: Date
    /// Of the protected server, e.g. `15.14`; empty where there is none.
    public var serverVersion: String
    /// Of the tool that made the artifacts, e.g. `git 2.39.5`; empty where there is none.
    public var toolVersion: String
    /// What is in it, for people: `["refs": 12, "commits": 340]`.
    public var counts: [String: Int64]
    /// What a restore is compared with: canonical JSON, in the words of the system. No secret.
    public var fingerprint: String
    /// What a person should know: `submodules are not part of the backup: vendor/lib`.
    public var warnings: [String]
    /// The login that took the backup, where it ends and a person must see to that.
    public var credential: Credential?

    /// When a login ends.
    public struct Credential: Codable, Sendable, Hashable {
        public var endsAt: Date
        /// Each backup puts its end off.
        public var isRenewed: Bool

        public init(endsAt: Date, isRenewed: Bool) {
            self.endsAt = endsAt
            self.isRenewed = isRenewed
        }
    }

    public init(
        recoveryPoint: Date, serverVersion: String = "", toolVersion: String = "", counts: [String: Int64],
        fingerprint: String, warnings: [String] = [], credential: Credential? = nil
    ) {
        self.recoveryPoint = recoveryPoint
        self.serverVersion = serverVersion
        self.toolVersion = toolVersion
        self.counts = counts
        self.fingerprint = fingerprint
        self.warnings = warnings
        self.credential = credential
    }
}

/// An artifact of a backup.
public struct NamedArtifact: Codable, Sendable, Hashable {
    /// Of the plain artifact: `mirror.bundle`.
    public var name: String
    /// The backup that stored it: an earlier one where this backup keeps what was stored before.
    public var backup: String
    /// When every byte of it was acknowledged.
    public var storedAt: Date
    public var object: ArtifactInfo

    public init(name: String, backup: String, storedAt: Date, object: ArtifactInfo) {
        self.name = name
        self.backup = backup
        self.storedAt = storedAt
        self.object = object
    }
}

/// What a verification found to hold.
public struct VerificationReport: Codable, Sendable, Hashable {
    /// One thing that was compared: `refs`, `all 12 refs point to the recorded commits`.
    public struct Check: Codable, Sendable, Hashable {
        public var name: String
        public var message: String

        public init(_ name: String, _ message: String) {
            self.name = name
            self.message = message
        }
    }

    /// How far it went.
    public enum Level: Codable, Sendable, Hashable {
        /// The backup was restored elsewhere, and what came out was compared with what was recorded: a proof.
        case restored
        /// What is stored was looked at and is whole; whether it restores, nobody knows. The text says what was not done,
        /// and which field changes that.
        case checked(missing: String)
    }

    public var checks: [Check]
    public var level: Level

    public init(checks: [Check], level: Level = .restored) {
        self.checks = checks
        self.level = level
    }
}

/// What is wrong with a backup: restored elsewhere, it is not what was backed up.
public struct VerificationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The check that failed: `refs`.
    public var check: String
    public var message: String

    public init(check: String, _ message: String) {
        self.check = check
        self.message = message
    }

    public var description: String { "\(check): \(message)" }
}

/// An error of a protected system. Its description names the field of the policy and the mend, and holds no secret.
public protocol ProtectionFailure: Error, CustomStringConvertible, Sendable {
    /// Whether another attempt may do better with nothing changed by a person.
    var isRetriable: Bool { get }
}
