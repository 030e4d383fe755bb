import PostgreSQLClient

/// `ANALYZE` of a whole database, the largest tables first, over several connections: a restored database without
/// statistics answers its first queries badly.
struct DatabaseAnalysis {
    let database: PostgresConfiguration
    let jobs: Int

    func run() async throws {
        let work = WorkList(try await tables())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<jobs {
                group.addTask {
                    guard let first = work.next() else { return }
                    try await PostgresConnection.with(database) { connection in
                        var next: String? = first
                        while let table = next {
                            try await connection.execute("ANALYZE \(table)")
                            next = work.next()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// What a bare `ANALYZE` takes: tables, the server's own too, and materialized views. A partition comes with the table
    /// that it is a part of.
    private func tables() async throws -> [String] {
        try await PostgresConnection.with(database) { connection in
            try await connection.query(
                """
                SELECT oid::pg_catalog.regclass::text FROM pg_catalog.pg_class
                WHERE relkind IN ('r', 'm', 'p') AND NOT relispartition AND relpersistence <> 't'
                ORDER BY pg_catalog.pg_relation_size(oid) DESC, oid
                """
            ).rows.compactMap { $0[0] }
        }
    }
}
