public import BackupArchive
import Foundation
public import PostgreSQLClient

/// Databases of a PostgreSQL server as a protected system: logical dumps, their fingerprints, and what belongs to the
/// server as a whole.
public struct PostgreSQLSystem: ProtectedSystem {
    public static let kind = "postgresql"
    /// The archive of `pg_dump -Fc -Z0`, where one database is protected.
    public static let dumpName = "database.dump"

    public let server: PostgresConfiguration
    let proof: PostgresProof

    public init(server: PostgresConfiguration, proof: PostgresProof = PostgresProof()) {
        self.server = server
        self.proof = proof
    }

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        let server = server
        let result = try await sink.store(Self.dumpName) { write in
            try await PostgresBackup.run(server, progress: { progress($0.phase.rawValue) }, sink: write)
        }
        let fingerprint = result.fingerprint
        return BackupRecord(
            recoveryPoint: result.recoveryPoint, serverVersion: result.serverVersion, toolVersion: result.dumpVersion,
            counts: ["tables": Int64(fingerprint.tables.count), "rows": fingerprint.totalRows],
            fingerprint: String(decoding: try fingerprint.canonicalJSON, as: UTF8.self))
    }

    /// The fingerprint that a backup recorded.
    /// - Throws: `ArchiveError` with `.corrupt`.
    public static func fingerprint(of backup: Manifest) throws -> Fingerprint {
        do {
            return try JSONDecoder().decode(Fingerprint.self, from: Data(backup.record.fingerprint.utf8))
        } catch {
            throw BackupArchive.ArchiveError(.corrupt, key: backup.backup, "the manifest's fingerprint cannot be read: \(error)")
        }
    }
}

extension PostgresProtectionError: ProtectionFailure {}
