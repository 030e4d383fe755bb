import Foundation
import PostgreSQLClient

/// Makes the indexes of the largest table side by side, the longest first.
struct LargeIndexBuild {
    let indexes: [LargeIndex]
    let database: PostgresConfiguration
    let options: PostgresRestore.Options
    let pace: Pace
    /// Finished when fewer indexes are under way than at the start.
    let isEnding = BoundedChannel<Never>(capacity: 1)

    /// How each index is made.
    struct Pace: Hashable, Sendable {
        /// Indexes at a time.
        var builds: Int
        /// Processes that help with one index.
        var workers: Int
        /// `maintenance_work_mem` in megabytes, which an index's processes share.
        var memory: Int

        /// With at least one helper each, two builds side by side end at almost the same time, however unequal they are. A
        /// helper costs no work if its memory stays small: see ``memory(ofProcess:)``.
        /// - Parameter bytes: of the table's rows.
        init(count: Int, jobs: Int, bytes: Int64) {
            builds = max(1, min(count, jobs))
            workers = count == 0 || jobs == 1 ? 0 : max(1, (jobs + builds - 1) / builds - 1)
            memory = Self.memory(ofProcess: bytes) * (workers + 1)
        }

        /// In megabytes. A sort that stays in a processor's own cache is faster than one that makes fewer runs: measured on six
        /// million rows, an index on two columns of text takes one process 7.9 seconds with 4 to 16 MB, 9.9 with 32, 14.1
        /// with 400. But each pass over the runs reads and writes all of them, so there is enough for two: a process
        /// merges one run for each 264 kB that it has (`tuplesort_merge_order` in `tuplesort.c`).
        private static func memory(ofProcess bytes: Int64) -> Int {
            max(4, Int(cbrt(Double(bytes) / 15e6).rounded(.up)))
        }
    }

    func run() async throws {
        defer { isEnding.finish() }
        guard let first = indexes.first else { return }
        let table = PostgresIdentifier.quote(first.schema, first.table)
        let text = try await columnsOfText(table)
        let hasWorkers = try await setWorkers(table)
        let work = WorkList(indexes.sorted { ($1.cost(text: text), $0.entry) < ($0.cost(text: text), $1.entry) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<pace.builds {
                group.addTask {
                    try await connected { connection in
                        while let index = work.next() { try await make(index, on: connection) }
                        isEnding.finish()
                    }
                }
            }
            try await group.waitForAll()
        }
        guard hasWorkers else { return }
        try await connected { _ = try await $0.execute("ALTER TABLE ONLY \(table) RESET (parallel_workers)") }
    }

    /// The server gives an index no helper unless each process may have 32 MB, except where the table itself says how many
    /// there are (`plan_create_index_workers` in `planner.c`). One that says so in the archive keeps its own number.
    private func setWorkers(_ table: String) async throws -> Bool {
        guard pace.workers > 0 else { return false }
        return try await connected { connection in
            let own = try await connection.query(
                """
                SELECT 1 FROM pg_catalog.pg_class, pg_catalog.pg_options_to_table(reloptions)
                WHERE oid = $1::pg_catalog.regclass AND option_name = 'parallel_workers'
                """, [table])
            guard own.rows.isEmpty else { return false }
            try await connection.execute("ALTER TABLE ONLY \(table) SET (parallel_workers = \(pace.workers))")
            return true
        }
    }

    /// Makes the keys' indexes theirs. Not beside builds on the same table: it locks the table, for a moment.
    func addConstraints() async throws {
        let constraints = indexes.compactMap(\.constraint)
        guard !constraints.isEmpty else { return }
        try await connected { connection in
            for constraint in constraints { try await connection.execute(constraint) }
        }
    }

    private func make(_ index: LargeIndex, on connection: PostgresConnection) async throws {
        let usesTablespaces = !options.noTablespaces && !options.isProof
        let tablespace =
            usesTablespaces && !index.tablespace.isEmpty ? PostgresIdentifier.quote(index.tablespace) : "''"
        try await connection.execute("SET default_tablespace = \(tablespace)")
        try await connection.execute(index.statement)
    }

    private func columnsOfText(_ table: String) async throws -> Set<String> {
        try await connected { connection in
            let result = try await connection.query(
                """
                SELECT attname FROM pg_catalog.pg_attribute
                WHERE attrelid = $1::pg_catalog.regclass AND attnum > 0 AND attcollation <> 0
                """, [table])
            return Set(result.rows.compactMap { $0[0] })
        }
    }

    private func connected<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let settings = SessionSettings.loading.merging([
            "maintenance_work_mem": "\(options.maintenanceMemory ?? pace.memory)MB",
            "max_parallel_maintenance_workers": "\(pace.workers)",
        ]) { $1 }
        return try await PostgresConnection.with(database.with(database: database.database, settings: settings), body)
    }
}
