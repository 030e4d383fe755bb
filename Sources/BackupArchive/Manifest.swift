public import Foundation

/// What a backup is: written last, and only when everything that a restore needs is in the store.
public struct Manifest: Codable, Sendable, Hashable {
    public static let currentVersion = 1

    public var version: Int
    public var namespace: String
    public var policy: String
    public var backup: String
    /// `postgresql`.
    public var kind: String
    /// `postgresql/hotswap`, for people. No secret and no address.
    public var source: String
    public var artifact: ArtifactInfo
    /// The moment of which the data is.
    public var recoveryPoint: Date
    public var startedAt: Date
    public var finishedAt: Date
    public var serverVersion: String
    public var toolVersion: String
    public var tables: Int64
    public var rows: Int64
    /// SHA-256 of ``fingerprint``'s canonical JSON, hexadecimal.
    public var fingerprintDigest: String
    /// The whole fingerprint as a JSON text of the protection that made it.
    public var fingerprint: String
    /// Who wrote it.
    public var writer: String

    public init(
        namespace: String, policy: String, backup: String, kind: String, source: String, artifact: ArtifactInfo,
        recoveryPoint: Date, startedAt: Date, finishedAt: Date, serverVersion: String, toolVersion: String, tables: Int64,
        rows: Int64, fingerprintDigest: String, fingerprint: String, writer: String
    ) {
        version = Self.currentVersion
        self.namespace = namespace
        self.policy = policy
        self.backup = backup
        self.kind = kind
        self.source = source
        self.artifact = artifact
        self.recoveryPoint = recoveryPoint
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.serverVersion = serverVersion
        self.toolVersion = toolVersion
        self.tables = tables
        self.rows = rows
        self.fingerprintDigest = fingerprintDigest
        self.fingerprint = fingerprint
        self.writer = writer
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
