public import BackupArchive
import Foundation

/// What belongs to a server as a whole: who may log in, and as what. Holds password hashes, so it is stored like data and
/// never printed.
public struct PostgresGlobals: Sendable, Hashable, Codable {
    /// Beside it lies ``scriptName``, the same for people and `psql`, by `pg_dumpall --globals-only`.
    static let documentName = "globals.json"
    static let scriptName = "globals.sql"

    public struct Role: Sendable, Hashable, Codable {
        public var name: String
        public var isSuperuser: Bool
        public var inherits: Bool
        public var createsRoles: Bool
        public var createsDatabases: Bool
        public var canLogin: Bool
        public var isReplication: Bool
        public var bypassesRowSecurity: Bool
        public var connectionLimit: Int
        /// As the server writes it; nil: for ever.
        public var validUntil: String?
        /// The hash, `SCRAM-SHA-256$…`; nil: none, or it may not be read.
        public var password: String?
        /// `name=value`, as the server keeps them.
        public var settings: [String]
    }

    public struct Membership: Sendable, Hashable, Codable {
        public var role: String
        public var member: String
        public var isAdmin: Bool
        /// From PostgreSQL 16.
        public var inherits: Bool?
        /// From PostgreSQL 16.
        public var canSet: Bool?
    }

    public struct Tablespace: Sendable, Hashable, Codable {
        public var name: String
        public var owner: String
        public var location: String
    }

    public var version = 1
    public var roles: [Role]
    public var memberships: [Membership]
    public var tablespaces: [Tablespace]

    /// nil when the backup holds none.
    /// - Throws: `ArchiveError`.
    public static func read(of backup: Manifest, from source: any ArtifactSource) async throws -> PostgresGlobals? {
        guard let artifact = backup.artifacts.first(where: { $0.name == documentName }) else { return nil }
        let bytes = try await source.bytes(artifact)
        do { return try JSONDecoder().decode(PostgresGlobals.self, from: Data(bytes)) } catch {
            // What could not be read may hold hashes: it is not told.
            throw BackupArchive.ArchiveError(.corrupt, key: artifact.object.key, "it is not a document of globals")
        }
    }
}
