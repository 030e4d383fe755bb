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
        /// `maintenance_work_mem` in megabytes.
        var memory: Int

        /// A sort whose memory stays in a processor's own cache is faster than one that needs fewer passes: measured on six
        /// million rows, an index on two columns of text takes one process 7.9 seconds with 4 to 16 MB, 9.9 with 32,
        /// 14.1 with 400. With a helper, which the server does not use below 32 MB for each process, it takes
        /// 6.4 seconds of both processors' time: so helpers are for processors that would have nothing else to do.
        init(count: Int, jobs: Int, verification: PostgresRestore.Verification) {
            builds = max(1, min(count, jobs))
            // A proof of every row keeps as many processors busy as there are jobs.
            workers = verification == .rows || count == 0 ? 0 : max(0, jobs / count - 1)
            memory = workers == 0 ? 8 : 32 * (workers + 1)
        }
    }

    func run() async throws {
        defer { isEnding.finish() }
        guard let first = indexes.first else { return }
        let text = try await columnsOfText(first)
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
        let tablespace = usesTablespaces && !index.tablespace.isEmpty ? PostgresIdentifier.quote(index.tablespace) : "''"
        try await connection.execute("SET default_tablespace = \(tablespace)")
        try await connection.execute(index.statement)
    }

    private func columnsOfText(_ index: LargeIndex) async throws -> Set<String> {
        try await connected { connection in
            let result = try await connection.query(
                """
                SELECT attname FROM pg_catalog.pg_attribute
                WHERE attrelid = $1::pg_catalog.regclass AND attnum > 0 AND attcollation <> 0
                """, [PostgresIdentifier.quote(index.schema, index.table)])
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
        let connection = try await PostgresConnection.connect(database.with(database: database.database, settings: settings))
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
