import PostgreSQLClient

/// What ties a database to other servers: its subscriptions, and the logical replication slots for its subscribers.
///
/// A database with subscriptions cannot be dropped. Dropping one drops the publisher's slot with it, which the restored
/// database needs: so a subscription is parted from its slot first.
struct Replication {
    let database: String
    /// Into any database of the server.
    let server: PostgresConfiguration
    let maintenance: PostgresConnection

    private var quoted: String { PostgresIdentifier.quote(database) }

    func dropSubscriptions() async throws {
        try await inside(try await subscriptions()) { name in
            [
                "ALTER SUBSCRIPTION \(name) DISABLE", "ALTER SUBSCRIPTION \(name) SET (slot_name = NONE)",
                "DROP SUBSCRIPTION \(name)",
            ]
        }
    }

    /// Those of a damaged database: otherwise the server would try to go on with them, every few seconds, for ever.
    func disableSubscriptions() async throws {
        try await inside(try await subscriptions(areEnabled: true)) { ["ALTER SUBSCRIPTION \($0) DISABLE"] }
    }

    /// The catalogue is one for all databases.
    func subscriptions(areEnabled: Bool? = nil) async throws -> [String] {
        let condition = areEnabled.map { " AND subenabled = \($0)" } ?? ""
        return try await maintenance.query(
            """
            SELECT subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
            WHERE d.datname = $1\(condition) ORDER BY 1
            """, [database]
        ).rows.compactMap { $0[0] }
    }

    /// For its subscribers. The server keeps its log for them, whoever reads it.
    func slots() async throws -> [String] {
        try await maintenance.query(
            """
            SELECT slot_name FROM pg_catalog.pg_replication_slots
            WHERE slot_type = 'logical' AND NOT temporary AND database = $1 ORDER BY 1
            """, [database]
        ).rows.compactMap { $0[0] }
    }

    /// Runs statements for each, one by one (they may not be in one transaction), in the database itself, which may be closed.
    private func inside(_ names: [String], _ statements: @Sendable (String) -> [String]) async throws {
        guard !names.isEmpty else { return }
        let row = try await maintenance.query(
            "SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = $1", [database]
        ).first
        let isClosed = row?[0] == "f"
        if isClosed { try await maintenance.execute("ALTER DATABASE \(quoted) WITH ALLOW_CONNECTIONS true") }
        let outcome: Result<Void, any Error>
        do {
            try await PostgresConnection.with(server.with(database: database, settings: SessionSettings.patient)) {
                connection in
                for name in names {
                    for statement in statements(PostgresIdentifier.quote(name)) {
                        try await connection.execute(statement)
                    }
                }
            }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        if isClosed { try await maintenance.execute("ALTER DATABASE \(quoted) WITH ALLOW_CONNECTIONS false") }
        try outcome.get()
    }
}
