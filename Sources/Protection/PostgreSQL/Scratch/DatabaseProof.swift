import BackupArchive
import Foundation
import PostgreSQLClient

/// Restores one database of a backup and holds it against what was recorded.
struct DatabaseProof {
    typealias Check = VerificationReport.Check

    let server: ProofServer
    let database: DumpInventory.Database
    /// Nothing else is in the backup: its name need not be told.
    let isOnly: Bool
    let options: PostgresProof

    private var login: PostgresConfiguration { server.login.with(database: server.name(database.name)) }
    private var prefix: String { isOnly ? "" : "\(database.name): " }

    func run(
        _ dump: NamedArtifact, from source: any ArtifactSource, progress: @escaping @Sendable (String) -> Void
    ) async throws -> [Check] {
        let request = PostgresRestore.Request(
            server: login, token: "verify", artifact: dump.object.sha256, strategy: .intoEmpty, verification: .rows,
            fingerprint: database.fingerprint,
            options: PostgresRestore.Options(
                jobs: options.jobs, noOwner: server.programs == nil, noPrivileges: server.programs == nil,
                toolFolder: server.programs?.folder, maintenanceDatabase: server.login.database, isProof: true,
                makesRoles: server.programs != nil))
        let prefix = prefix
        let report: PostgresRestore.Report
        do {
            report = try await source.read(dump) { bytes in
                try await PostgresRestore.run(
                    request, progress: { progress("\(prefix)\($0.phase.rawValue)") }, archive: { bytes })
            }
        } catch let error as PostgresProtectionError {
            throw judged(error)
        }
        let seconds = report.finishedAt.timeIntervalSince(report.startedAt)
        let expected = database.fingerprint
        var checks = [
            Check(
                "restore",
                "\(prefix)restored into PostgreSQL \(server.version) in \(seconds.formatted(.number.precision(.fractionLength(1)))) s"
            ),
            Check(
                "rows",
                "\(prefix)all \(expected.totalRows) rows of \(expected.tables.count) tables, \(expected.sequences.count) sequences and "
                    + "\(expected.largeObjects.count) large objects are those that were dumped"),
        ]
        progress("\(prefix)indexes")
        if let programs = server.programs {
            let found = try await translatingErrors(login) {
                try await IndexCheck.run(programs, login, jobs: options.jobs, prefix: prefix)
            }
            checks.append(Check("indexes", prefix + found))
        }
        progress("\(prefix)checks")
        for check in options.checks where check.database == nil || check.database == database.name {
            checks.append(
                Check("sql", prefix + (try await PolicyCheck.run(check, on: login, timeout: options.checkTimeout))))
        }
        return checks
    }

    /// What is wrong with the backup is told apart from what is wrong with the proof.
    private func judged(_ error: PostgresProtectionError) -> any Error {
        switch error.code {
        case .verificationFailed: VerificationFailure(check: "rows", prefix + error.message)
        case .damagedArchive: VerificationFailure(check: "archive", prefix + error.message)
        case .toolFailed where !error.isRetriable: VerificationFailure(check: "restore", prefix + error.message)
        // Class 22: values that are none of their types'; class 23: constraints that the rows do not keep.
        case .server where error.sqlState.hasPrefix("22") || error.sqlState.hasPrefix("23"):
            VerificationFailure(check: "restore", prefix + error.message)
        default: error
        }
    }
}
