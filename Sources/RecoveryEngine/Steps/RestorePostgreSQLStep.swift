import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import PostgreSQLClient
import PostgreSQLProtection
import RecoveryAPI

/// Brings a database back from a policy's backups.
enum RestorePostgreSQLStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restorePostgreSQL else { throw StepError("no restorePostgreSQL", isRetriable: false) }
        let chosen = try await ChosenBackup.find(policy: wanted.policy, to: wanted.to, field: "restorePostgreSQL", context)
        let manifest = chosen.manifest
        guard manifest.kind == PostgreSQLSystem.kind, let source = wanted.target ?? chosen.policy.spec.source.postgresql else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of PostgreSQL", isRetriable: false)
        }
        let server = try await context.resolver.postgres(
            source, namespace: context.namespace, field: wanted.target == nil ? "source.postgresql" : "restorePostgreSQL.target")
        let reader = try await chosen.reader(context)
        let point = Timestamp.format(manifest.recoveryPoint)
        if context.isDryRun {
            do {
                let connection = try await PostgresConnection.connect(server.with(database: "postgres"))
                await connection.close()
            } catch let error as PostgresError {
                throw PostgresProtectionError(error, server: server)
            }
            return StepResult(
                message: "would restore \(manifest.backup) of \(point), \(manifest.contents), into \"\(source.database)\" by \((wanted.strategy ?? .swap).rawValue)")
        }
        let fingerprint = try PostgreSQLSystem.fingerprint(of: manifest)
        let dump = try manifest.artifact(PostgreSQLSystem.dumpName)
        let request = PostgresRestore.Request(
            server: server, token: context.identity, artifact: dump.object.sha256,
            strategy: wanted.strategy.engine, verification: wanted.verify.engine, fingerprint: fingerprint,
            options: PostgresRestore.Options(jobs: wanted.jobs ?? 2, noOwner: wanted.noOwner ?? false))
        let report = try await reader.read(dump) { bytes in
            try await PostgresRestore.run(
                request,
                progress: { progress in
                    context.progress(text(progress, of: manifest))
                    context.reached("restore-\(progress.phase.rawValue)")
                }, archive: { bytes })
        }
        let proof = (wanted.verify ?? .counts) == .rows ? "every row proven" : "row counts proven"
        let kept = report.keptDatabase.map { "; the damaged one is kept as \"\($0)\"" } ?? ""
        var outputs = [
            "backup": manifest.backup, "recoveryPoint": point, "rows": String(report.rows), "tables": String(report.tables),
            "database": report.database, "fingerprint": manifest.fingerprintDigest,
        ]
        outputs["keptDatabase"] = report.keptDatabase
        outputs["timings"] = report.phaseSeconds.filter { $0.value >= 0.05 }.sorted { $0.value > $1.value }
            .map { "\($0.key) \(($0.value * 10).rounded() / 10)s" }.joined(separator: ", ")
        return StepResult(
            message: "\"\(report.database)\" is back as of \(point): \(report.rows) rows of \(report.tables) tables, \(proof)\(kept)",
            outputs: outputs)
    }

    private static func text(_ progress: PostgresProgress, of manifest: Manifest) -> String {
        switch progress.phase {
        case .loading:
            let percent = progress.bytes * 100 / max(1, manifest.plainBytes)
            return "loading \(min(100, percent))%"
        case .verifying: return "verifying \(min(100, progress.rows * 100 / max(1, manifest.record.counts["rows"] ?? 1)))%"
        default: return progress.phase.rawValue
        }
    }
}

extension Step.RestorePostgreSQL.Strategy? {
    fileprivate var engine: PostgresRestore.Strategy {
        switch self {
        case .swap, nil: .swap
        case .replace: .replace
        case .intoEmpty: .intoEmpty
        }
    }
}

extension Step.RestorePostgreSQL.Verification? {
    fileprivate var engine: PostgresRestore.Verification { self == .rows ? .rows : .counts }
}
