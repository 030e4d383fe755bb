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
        let restore = RestoreTool(tool: tool, database: scratch.login, options: options, serverVersion: serverVersion)
        let database = scratch.login.with(database: scratch.names.scratch, settings: SessionSettings.loading)
        let loader = ArchiveLoader(database: database, jobs: jobs, meter: run.meter)
        let archive = folder.file(Self.contentsFile)

        let outcome = try await loader.load(source, makesFingerprint: request.fingerprint == nil) { router in
            guard !router.header.isCompressed || request.fingerprint != nil else {
                throw PostgresProtectionError(
                    .damagedArchive, "the archive's data is compressed and no fingerprint was recorded with it",
                    mend: "restore it with pg_restore")
            }
            try await ExtensionCheck.require(ExtensionCheck.extensions(in: router.entries), on: maintenance)
            if !options.isProof, !options.noTablespaces {
                let makesDatabase = landscape.database(request.server.database) == nil
                try await TablespaceCheck.require(
                    TablespaceCheck.tablespaces(in: router.entries, makesDatabase: makesDatabase), on: maintenance)
            }
            let roles = RoleCheck.roles(in: router.entries, options: options)
            if options.makesRoles { try await RoleCheck.make(roles, on: maintenance) }
            try await RoleCheck.require(roles, on: maintenance)
            try await scratch.create(landscape, entries: router.entries, archiveDatabase: router.header.database)
            run.enter(.schema)
            try await folder.append(router.prefix ?? [], to: Self.contentsFile)
            try await restore.run(section: "pre-data", archive: archive)
            run.clock.enter(.loading)
        } spool: { blocks in
            try await folder.append(blocks, to: Self.contentsFile)
        }
        try await finishData(outcome, restore: restore, folder: folder, database: database)

        let expected = request.fingerprint ?? outcome.router.builder?.fingerprint ?? Fingerprint()
        try await finishObjects(outcome.router.entries, expected, restore: restore, folder: folder, database: database)
        if options.analyze {
            run.enter(.analyzing)
            try await DatabaseAnalysis(database: database, jobs: jobs).run()
        }
        try await scratch.markVerified()
        return try LoadSummary(rows: expected.totalRows, tables: expected.tables.count, digest: expected.digest)
    }

    /// Keys; then the other indexes and, beside them, the proof: the rows are all there by now, nothing changes them any
    /// more, and index builds seldom use every processor to their end. The indexes of the largest table are made beside
    /// all of it.
    private func finishObjects(
        _ entries: [ArchiveEntry], _ expected: Fingerprint, restore: RestoreTool, folder: WorkFolder,
        database: PostgresConfiguration
    ) async throws {
        run.enter(.indexes)
        let leftOut =
            (options.isProof ? ["SUBSCRIPTION"] : []) + (options.isProof && !options.makesRoles ? ["POLICY"] : [])
        let plan = PostDataPlan(entries: entries.leavingOut { leftOut.contains($0.kind) }, fingerprint: expected)
        let verification = request.verification
        let build = LargeIndexBuild(
            indexes: plan.large, database: database, options: options,
            pace: .init(count: plan.large.count, jobs: jobs, bytes: plan.largeBytes))
        async let large: Void = build.run()
        try await make(plan.keys, restore: restore, folder: folder, list: "keys")
        let reader = DatabaseReader(
            database: scratch.login, jobs: jobs, meter: run.meter,
            pace: .init(atOnce: max(1, jobs + 1 - build.pace.builds), others: build.isEnding))
        async let proof = reader.differences(from: expected, verification: verification)
        try await make(plan.indexes, restore: restore, folder: folder, list: "indexes")
        try await make(plan.foreignKeys, restore: restore, folder: folder, list: "foreign keys")
        try await large
        try await build.addConstraints()
        try await make(plan.single, jobs: 1, restore: restore, folder: folder, list: "single")
        try await make(plan.rest, restore: restore, folder: folder, list: "rest")
        run.clock.enter(.verifying)
        let differences = try await proof
        guard differences.isEmpty else {
            let first = differences.prefix(5).map(\.description).joined(separator: "; ")
            let more = differences.count > 5 ? "; and \(differences.count - 5) more" : ""
            throw PostgresProtectionError(
                .verificationFailed, "what was restored is not what was backed up: \(first)\(more)",
                field: "to", mend: "the database in use was not touched; restore another backup")
        }
    }

    /// The entries of these numbers that come after the data.
    private func make(
        _ entries: [Int], jobs: Int? = nil, restore: RestoreTool, folder: WorkFolder, list: String
    ) async throws {
        guard !entries.isEmpty else { return }
        try await folder.append(PostDataPlan.list(entries), to: list)
        try await restore.run(
            section: "post-data", archive: folder.file(Self.contentsFile), jobs: jobs ?? self.jobs,
            list: folder.file(list),
            settings: options.maintenanceMemory.map { ["maintenance_work_mem": "\($0)MB"] } ?? [:])
    }

    /// Sequences, and what came in other forms than rows.
    private func finishData(
        _ outcome: ArchiveLoader.Outcome, restore: RestoreTool, folder: WorkFolder, database: PostgresConfiguration
    ) async throws {
        let entries = outcome.router.entries
        let sequences = entries.filter { $0.kind == "SEQUENCE SET" }
        if !sequences.isEmpty {
            try await PostgresConnection.with(database) { connection in
                for sequence in sequences { try await connection.execute(sequence.definition) }
            }
        }
        let spooled = Set(outcome.router.spooledEntries)
        let others = entries.entries(in: .data).filter {
            spooled.contains($0.id) || (!$0.hasData && $0.kind != "SEQUENCE SET")
        }
        guard !others.isEmpty else { return }
        try await folder.append(PostDataPlan.list(others.map(\.id)), to: "list")
        try await restore.run(
            section: "data", archive: folder.file(Self.contentsFile), list: folder.file("list"))
    }
}
