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
        guard let wanted = context.step.restorePostgreSQL else {
            throw StepError("no restorePostgreSQL", isRetriable: false)
        }
        let chosen = try await ChosenBackup.find(
            policy: wanted.policy, to: wanted.to, field: "restorePostgreSQL", context)
        let manifest = chosen.manifest
        guard manifest.kind == PostgreSQLSystem.kind, let source = wanted.target ?? chosen.policy.spec.source.postgresql
        else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of PostgreSQL", isRetriable: false)
        }
        let inventory = try DumpInventory(manifest)
        let dump = try database(wanted.database, of: inventory)
        var server = try await context.resolver.postgres(
            source, namespace: context.namespace,
            field: wanted.target == nil ? "source.postgresql" : "restorePostgreSQL.target")
        if wanted.target == nil { server.database = dump.name }
        let reader = try await chosen.reader(context)
        let point = Timestamp.format(manifest.recoveryPoint)
        let artifact = try manifest.artifact(dump.artifact)
        let request = PostgresRestore.Request(
            server: server, token: context.identity, artifact: artifact.object.sha256,
            strategy: wanted.strategy.engine, verification: wanted.verify.engine, fingerprint: dump.fingerprint,
            options: PostgresRestore.Options(
                jobs: wanted.jobs ?? 2, noOwner: wanted.noOwner ?? false, noTablespaces: wanted.tablespaces == .ignore))
        if context.isDryRun {
            try await PostgresRestore.check(request)
            return StepResult(
                message:
                    "would restore \(manifest.backup) of \(point), \(manifest.contents), into \"\(server.database)\" by \((wanted.strategy ?? .swap).rawValue)"
            )
        }
        var roles = ""
        if wanted.globals == .createMissing {
            guard let globals = try await PostgresGlobals.read(of: manifest, from: reader) else {
                throw StepError(
                    "restorePostgreSQL.globals: the backup \"\(manifest.backup)\" holds no roles; see its warnings",
                    isRetriable: false)
            }
            let report = try await globals.createMissing(on: server.with(database: "postgres"))
            roles = report.roles.isEmpty ? "; no roles were missing" : "; \(report.roles.count) missing roles were made"
            if !report.warnings.isEmpty { roles += " (\(report.warnings.joined(separator: "; ")))" }
        }
        let report = try await reader.read(artifact) { bytes in
            try await PostgresRestore.run(
                request,
                progress: { progress in
                    context.progress(text(progress, artifact.object.plainBytes, dump.fingerprint.totalRows))
                    context.reached("restore-\(progress.phase.rawValue)")
                }, archive: { bytes })
        }
        if report.artifact != artifact.object.sha256 {
            return try await other(report, chosen, database: dump.name, asked: manifest)
        }
        let proof = (wanted.verify ?? .counts) == .rows ? "every row proven" : "row counts proven"
        let kept = report.keptDatabase.map { "; the damaged one is kept as \"\($0)\"" } ?? ""
        let notes = report.notes.map { "; \($0)" }.joined()
        let before = report.wasAlreadyDone ? "; an earlier attempt had done it" : ""
        var outputs = [
            "backup": manifest.backup, "recoveryPoint": point, "rows": String(report.rows),
            "tables": String(report.tables),
            "database": report.database, "fingerprint": manifest.fingerprintDigest,
        ]
        outputs["keptDatabase"] = report.keptDatabase
        outputs["timings"] = report.phaseSeconds.filter { $0.value >= 0.05 }.sorted { $0.value > $1.value }
            .map { "\($0.key) \(($0.value * 10).rounded() / 10)s" }.joined(separator: ", ")
        return StepResult(
            message:
                "\"\(report.database)\" is back as of \(point): \(report.rows) rows of \(report.tables) tables, \(proof)\(kept)\(before)\(roles)\(notes)",
            outputs: outputs)
    }

    /// An earlier attempt of this step restored another backup than is chosen now, or another restore has followed: what is in
    /// place is left there, and named.
    private static func other(
        _ report: PostgresRestore.Report, _ chosen: ChosenBackup, database: String, asked: Manifest
    ) async throws -> StepResult {
        var outputs = ["database": report.database]
        outputs["keptDatabase"] = report.keptDatabase
        let kept = report.keptDatabase.map { "; the damaged one is kept as \"\($0)\"" } ?? ""
        guard let artifact = report.artifact else {
            throw StepError(
                "this step has restored \"\(report.database)\", and since then the database was taken away or replaced\(kept); to restore it again use a new token",
                isRetriable: false)
        }
        let manifests = try await Catalogue(chosen.store).list(namespace: asked.namespace, policy: asked.policy)
            .manifests
        let found = manifests.first { manifest in manifest.artifacts.contains { $0.object.sha256 == artifact } }
        outputs["backup"] = found?.backup
        outputs["recoveryPoint"] = found.map { Timestamp.format($0.recoveryPoint) }
        let inPlace =
            found.map { "the backup \($0.backup) of \(Timestamp.format($0.recoveryPoint))" }
            ?? "another backup, which the catalogue does not have any more"
        return StepResult(
            message:
                "\"\(report.database)\" was restored before: \(inPlace) is in place, and was left there; \(asked.backup), which is chosen now, was not restored\(kept)",
            outputs: outputs)
    }

    private static func database(_ name: String?, of inventory: DumpInventory) throws -> DumpInventory.Database {
        let names = inventory.databases.map { "\"\($0.name)\"" }.joined(separator: ", ")
        if let name {
            if let found = inventory.databases.first(where: { $0.name == name }) { return found }
            throw StepError(
                "restorePostgreSQL.database: the backup holds no database \"\(name)\"; it holds \(names)",
                isRetriable: false)
        }
        if inventory.databases.count == 1 { return inventory.databases[0] }
        throw StepError(
            "restorePostgreSQL.database: the backup holds several; name one of \(names)", isRetriable: false)
    }

    private static func text(_ progress: PostgresProgress, _ bytes: Int64, _ rows: Int64) -> String {
        switch progress.phase {
        case .loading:
            let percent = progress.bytes * 100 / max(1, bytes)
            return "loading \(min(100, percent))%"
        case .verifying: return "verifying \(min(100, progress.rows * 100 / max(1, rows)))%"
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
