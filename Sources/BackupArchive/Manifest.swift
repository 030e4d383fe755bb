import Cryptography
public import Foundation

/// What a backup is: written last, and only when everything that a restore needs is in the store.
public struct Manifest: Codable, Sendable, Hashable {
    public static let currentVersion = 1

    public var version: Int
    public var namespace: String
    public var policy: String
    public var backup: String
    /// The member of the policy's `spec.source`: `postgresql`.
    public var kind: String
    /// `postgresql/hotswap`, for people. No secret and no address.
    public var source: String
    /// Everything that a restore needs, objects of earlier backups included. The first is the main one.
    public var artifacts: [NamedArtifact]
    public var record: BackupRecord
    public var startedAt: Date
    public var finishedAt: Date
    /// SHA-256 of the record's fingerprint, hexadecimal.
    public var fingerprintDigest: String
    /// Who wrote it.
    public var writer: String

    public init(
        namespace: String, policy: String, backup: String, kind: String, source: String, artifacts: [NamedArtifact],
        record: BackupRecord, startedAt: Date, finishedAt: Date, writer: String
    ) {
        version = Self.currentVersion
        self.namespace = namespace
        self.policy = policy
        self.backup = backup
        self.kind = kind
        self.source = source
        self.artifacts = artifacts
        self.record = record
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        fingerprintDigest = SHA256.hexHash(record.fingerprint)
        self.writer = writer
    }
}

extension Manifest {
    public var recoveryPoint: Date { record.recoveryPoint }
    /// Of every artifact, those of earlier backups included: what a restore downloads.
    public var restoreBytes: Int64 { artifacts.reduce(0) { $0 + $1.object.bytes } }
    /// What this backup added to the store.
    public var storedBytes: Int64 { artifacts.filter { $0.backup == backup }.reduce(0) { $0 + $1.object.bytes } }
    public var plainBytes: Int64 { artifacts.reduce(0) { $0 + $1.object.plainBytes } }

    /// - Throws: ``ArchiveError`` with `.missing`.
    public func artifact(_ name: String) throws -> NamedArtifact {
        guard let found = artifacts.first(where: { $0.name == name }) else {
            throw ArchiveError(.missing, key: backup, "the manifest names no artifact \"\(name)\"")
        }
        return found
    }

    /// `3 tables, 120 rows`.
    public var contents: String {
        record.counts.sorted { $0.key < $1.key }.map { name, count in
            let isOne = count == 1 && name.hasSuffix("s") && name != "series"
            return "\(count) \(isOne ? name.dropLast() : name[...])"
        }.joined(separator: ", ")
    }
}

/// An object of the data folder.
public struct ArtifactInfo: Codable, Sendable, Hashable {
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

extension JSONEncoder {
    static var archive: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}

extension JSONDecoder {
    static var archive: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}
