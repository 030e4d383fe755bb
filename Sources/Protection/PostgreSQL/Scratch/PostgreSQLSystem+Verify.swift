public import BackupArchive
public import Foundation
import PostgreSQLClient

extension PostgreSQLSystem: VerifiableSystem {
    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let inventory = try DumpInventory(backup)
        let proof = try await proof()
        try Self.requireDatabases(of: inventory, for: proof.checks)
        let work: @Sendable (ProofServer) async throws -> VerificationReport = { server in
            var report = VerificationReport(checks: try await GlobalsProof.run(backup, from: source, on: server))
            for database in inventory.databases {
                let restored = DatabaseProof(
                    server: server, database: database, isOnly: inventory.databases.count == 1, options: proof)
                report.checks += try await restored.run(
                    try backup.artifact(database.artifact), from: source, progress: progress)
            }
            return report
        }
        progress("starting a server")
        if let target = proof.target { return try await ProofTarget.with(target, work) }
        let versions = [backup.record.serverVersion, backup.record.toolVersion]
        let major = versions.compactMap { PostgresTool.version(in: $0)?.major }.max() ?? 0
        return try await ScratchServer.with(in: scratch, atLeast: major) { server in
            // The only database besides the templates may be the one that is restored.
            let maintenance = try await PostgresConnection.connect(server.login)
            try await maintenance.execute("DROP DATABASE postgres")
            await maintenance.close()
            return try await work(
                ProofServer(
                    login: server.login, programs: server.programs, name: { $0 }, version: server.programs.version))
        }
    }

    private static func requireDatabases(of inventory: DumpInventory, for checks: [PostgresProof.Check]) throws {
        let names = Set(inventory.databases.map(\.name))
        for (index, check) in checks.enumerated() {
            let field = "verification.checks[\(index)].database"
            if let database = check.database {
                guard !names.contains(database) else { continue }
                throw PostgresProtectionError(
                    .unknownDatabase, "the backup holds no database \"\(database)\"", field: field,
                    mend: "it holds \(names.sorted().joined(separator: ", "))")
            } else if names.count > 1 {
                throw PostgresProtectionError(
                    .unknownDatabase, "the backup holds \(names.count) databases", field: field,
                    mend: "name the one that the check is for")
            }
        }
    }
}

/// The server that a backup is restored into for its proof.
struct ProofServer: Sendable {
    /// Into a database that is none of the restored ones.
    var login: PostgresConfiguration
    /// Of a scratch server; nil: another machine's.
    var programs: ServerPrograms?
    /// What a database is called there.
    var name: @Sendable (String) -> String
    /// `15.14`
    var version: String
}
