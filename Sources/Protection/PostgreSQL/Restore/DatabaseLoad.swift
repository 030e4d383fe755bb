import Foundation
import PostgreSQLClient
import Processes

/// Fills the new database from the archive and proves it.
///
/// `pg_restore` makes the objects before and after the data, from a small file that holds only the archive's table of
/// contents; the rows are loaded here while they stream.
struct DatabaseLoad {
    let run: RestoreRun
    let scratch: ScratchDatabase

    private var request: PostgresRestore.Request { run.request }
    private var options: PostgresRestore.Options { request.options }
    private var jobs: Int { max(1, min(options.jobs, 64)) }
    private static let contentsFile = "contents.dump"

    func perform<Source: AsyncSequence & Sendable>(
        _ source: Source, landscape: Landscape
    ) async throws -> LoadSummary where Source.Element == [UInt8] {
        let folder = try WorkFolder()
        defer { folder.remove() }
        let maintenance = scratch.maintenance
        let serverVersion = await maintenance.serverVersion
        let tool = try await PostgresTool.find("pg_restore", atLeast: serverVersion / 10000, folder: options.toolFolder)
        let restore = RestoreTool(tool: tool, database: scratch.login, options: options)
        let database = scratch.login.with(database: scratch.names.scratch, settings: SessionSettings.loading)
        let loader = ArchiveLoader(database: database, jobs: jobs, meter: run.meter)
        let archive = folder.file(Self.contentsFile)

        let outcome = try await loader.load(source, makesFingerprint: request.fingerprint == nil) { router in
            guard !router.header.isCompressed || request.fingerprint != nil else {
                throw PostgresProtectionError(
                    .damagedArchive, "the archive's data is compressed and no fingerprint was recorded with it",
                    mend: "restore it with pg_restore")
            }
            try await RoleCheck.require(RoleCheck.roles(in: router.entries, options: options), on: maintenance)
            try await scratch.create(landscape, entries: router.entries, archiveDatabase: router.header.database)
            run.enter(.schema)
            try await folder.append(router.prefix ?? [], to: Self.contentsFile)
            try await restore.run(section: "pre-data", archive: archive)
            run.clock.enter(.loading)
        } spool: { blocks in
            try await folder.append(blocks, to: Self.contentsFile)
        }
        try await finishData(outcome, restore: restore, folder: folder, database: database)

        run.enter(.indexes)
        let memory = try await maintenanceMemory(maintenance)
        try await restore.run(
            section: "post-data", archive: archive, jobs: jobs, settings: ["maintenance_work_mem": "\(memory)MB"])

        let expected = request.fingerprint ?? outcome.router.builder?.fingerprint ?? Fingerprint()
        try await prove(expected, outcome: outcome, database: database)
        try await scratch.markVerified()
        return try LoadSummary(rows: expected.totalRows, tables: expected.tables.count, digest: expected.digest)
    }

    /// Sequences, and what came in other forms than rows.
    private func finishData(
        _ outcome: ArchiveLoader.Outcome, restore: RestoreTool, folder: WorkFolder, database: PostgresConfiguration
    ) async throws {
        let entries = outcome.router.entries
        let sequences = entries.filter { $0.kind == "SEQUENCE SET" }
        if !sequences.isEmpty {
            let connection = try await PostgresConnection.connect(database)
            for sequence in sequences { try await connection.execute(sequence.definition) }
            await connection.close()
        }
        let spooled = Set(outcome.router.spooledEntries)
        // 3 is SECTION_DATA: anything there that is neither rows nor a sequence is left to the stock tool.
        let others = entries.filter {
            spooled.contains($0.id) || ($0.section == 3 && !$0.hasData && $0.kind != "SEQUENCE SET")
        }
        guard !others.isEmpty else { return }
        let list = others.map { "\($0.id);\n" }.joined()
        try await folder.append(Array(list.utf8), to: "list")
        try await restore.run(
            section: "data", archive: folder.file(Self.contentsFile), list: folder.file("list"))
    }

    /// Megabytes for each index build.
    private func maintenanceMemory(_ connection: PostgresConnection) async throws -> Int {
        if let memory = options.maintenanceMemory { return max(1, memory) }
        let row = try await connection.query(
            "SELECT setting::bigint / 1024 FROM pg_catalog.pg_settings WHERE name = 'maintenance_work_mem'"
        ).first
        return max(256, row?[0].flatMap { Int($0) } ?? 64)
    }

    private func prove(
        _ expected: Fingerprint, outcome: ArchiveLoader.Outcome, database: PostgresConfiguration
    ) async throws {
        run.enter(options.analyze ? .analyzing : .verifying)
        let statistics = options.analyze
        let reader = DatabaseReader(database: scratch.login, jobs: jobs, meter: run.meter)
        let verification = request.verification
        // Statistics are sampled beside the reading of all rows.
        async let analyzing: Void = {
            guard statistics else { return }
            let connection = try await PostgresConnection.connect(database)
            try await connection.execute("ANALYZE")
            await connection.close()
        }()
        run.clock.enter(.verifying)
        let differences = try await reader.differences(from: expected, verification: verification)
        try await analyzing
        guard differences.isEmpty else {
            let first = differences.prefix(5).map(\.description).joined(separator: "; ")
            let more = differences.count > 5 ? "; and \(differences.count - 5) more" : ""
            throw PostgresProtectionError(
                .verificationFailed, "what was restored is not what was backed up: \(first)\(more)",
                field: "to", mend: "the database in use was not touched; restore another backup")
        }
    }
}
