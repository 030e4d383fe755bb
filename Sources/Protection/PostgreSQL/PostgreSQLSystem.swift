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
    /// Choose the databases; nil: the one of ``server``.
    let patterns: DatabasePatterns?
    /// Asked only when a backup is proven: what it needs may be missing without harm to a backup.
    let proof: @Sendable () async throws -> PostgresProof

    /// - Parameter patterns: of databases, as `app_*` and `!app_tmp`; `server.database` is then only where the list of them is
    ///   read.
    public init(
        server: PostgresConfiguration, patterns: [String]? = nil,
        proof: @escaping @Sendable () async throws -> PostgresProof = { PostgresProof() }
    ) {
        self.server = server
        self.patterns = patterns.map(DatabasePatterns.init)
        self.proof = proof
    }

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        let names = try await patterns?.databases(of: server) ?? [server.database]
        var databases: [DumpInventory.Database] = []
        var results: [PostgresBackup.Result] = []
        for (index, name) in names.enumerated() {
            let login = server.with(database: name)
            // By number: a database's name may be any text.
            let number = String(index + 1)
            let artifact =
                patterns == nil
                ? Self.dumpName : "database-\(String(repeating: "0", count: max(0, 3 - number.count)))\(number).dump"
            let prefix = patterns == nil ? "" : "\(name): "
            let result = try await sink.store(artifact) { write in
                try await PostgresBackup.run(
                    login, progress: { progress("\(prefix)\($0.phase.rawValue)") }, sink: write)
            }
            results.append(result)
            databases.append(.init(name: name, artifact: artifact, fingerprint: result.fingerprint))
        }
        progress("roles")
        let globals = try await GlobalsBackup.run(server, into: sink)
        return try record(DumpInventory(databases: databases), results, globals)
    }

    private func record(
        _ inventory: DumpInventory, _ results: [PostgresBackup.Result], _ globals: GlobalsBackup.Outcome
    ) throws -> BackupRecord {
        let fingerprints = inventory.databases.map(\.fingerprint)
        var counts = [
            "tables": Int64(fingerprints.reduce(0) { $0 + $1.tables.count }),
            "rows": fingerprints.reduce(0) { $0 + $1.totalRows },
        ]
        if patterns != nil { counts["databases"] = Int64(inventory.databases.count) }
        if let roles = globals.roles { counts["roles"] = Int64(roles) }
        let text =
            patterns == nil
            ? try fingerprints.first.map { String(decoding: try $0.canonicalJSON, as: UTF8.self) } : try inventory.json
        return BackupRecord(
            // Each dump is of its own moment: everything before the first of them is in all.
            recoveryPoint: results.map(\.recoveryPoint).min() ?? Date(),
            serverVersion: results.first?.serverVersion ?? "",
            toolVersion: results.first?.dumpVersion ?? "", counts: counts, fingerprint: text ?? "",
            warnings: globals.warnings)
    }
}

extension PostgresProtectionError: ProtectionFailure {}
