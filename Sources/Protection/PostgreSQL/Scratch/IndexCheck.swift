import BackupArchive
import Foundation
import PostgreSQLClient
import Processes
import Synchronization

/// Lets `pg_amcheck` look whether every row is found by every B-tree index.
enum IndexCheck {
    /// - Returns: What it found, in words; also that it could not look.
    /// - Throws: `VerificationFailure`.
    static func run(_ programs: ServerPrograms, _ database: PostgresConfiguration, jobs: Int, prefix: String)
        async throws -> String
    {
        let tool = "\(programs.folder)/pg_amcheck"
        guard access(tool, X_OK) == 0 else {
            return "not checked: there is no pg_amcheck (it comes with PostgreSQL 14 and newer)"
        }
        let connection = try await PostgresConnection.connect(database)
        let known = try await connection.query(
            "SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = 'amcheck'"
        ).first
        await connection.close()
        guard known != nil else { return "not checked: the extension amcheck is not installed on this machine" }
        // By the environment, so that no name is taken for a pattern.
        var environment = [
            "PGHOST": database.host, "PGPORT": String(database.port), "PGUSER": database.user,
            "PGDATABASE": database.database,
            "PGPASSWORD": database.password ?? "", "PGSSLMODE": "disable", "LC_ALL": "C", "LC_MESSAGES": "C",
        ]
        environment["PGOPTIONS"] =
            database.with(database: database.database, settings: SessionSettings.patient).startupOptions
        let command = Command(
            tool, ["--install-missing", "--heapallindexed", "--no-password", "--jobs=\(max(1, jobs))"],
            environment: environment,
            diesWithParent: .kill)
        let said = Mutex<[UInt8]>([])
        do {
            try await withChild(command) { streams in
                while true {
                    let piece = try await streams.output.read(upTo: 16 << 10)
                    if piece.isEmpty { break }
                    said.withLock { if $0.count < 16 << 10 { $0 += piece } }
                }
            }
        } catch let error as ProcessError {
            let found = String(decoding: said.withLock { $0 }, as: UTF8.self)
            guard error.code == .exited(2), !found.isEmpty else {
                throw PostgresProtectionError(error, server: database)
            }
            let lines = found.split(separator: "\n").prefix(5).joined(separator: "; ")
            throw VerificationFailure(check: "indexes", "\(prefix)\(lines)")
        }
        return "pg_amcheck found every row in every B-tree index"
    }
}
