import PostgreSQLClient

/// Ends the sessions in databases while these are being renamed, from a session of its own.
struct SessionEnder {
    let databases: [String]
    let server: PostgresConfiguration
    let maintenanceDatabase: String

    /// Whether a database could not be renamed for what is connected to it, or works on it.
    static func isInUse(_ error: PostgresError) -> Bool { ["55006", "55P03"].contains(error.sqlState) }

    /// - Throws: what `body` threw; where that is for sessions that could not be ended, why they could not.
    func during(_ body: () async throws -> Void) async throws {
        let connection = try await PostgresConnection.connect(
            Landscape.maintenanceLogin(server, maintenanceDatabase: maintenanceDatabase))
        async let refusal = endAll(on: connection)
        do { try await body() } catch let error as PostgresError where Self.isInUse(error) {
            await connection.close()
            if let refusal = await refusal { throw refusal }
            throw error
        } catch {
            await connection.close()
            _ = await refusal
            throw error
        }
        await connection.close()
        _ = await refusal
    }

    /// Until its connection is closed. Processes of the server itself, as those of autovacuum, belong to nobody and are left to
    /// it: it ends them where they are in the way, and lets nobody else.
    private func endAll(on connection: PostgresConnection) async -> PostgresProtectionError? {
        do {
            while await connection.isUsable {
                for database in databases {
                    try await connection.query(
                        """
                        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
                        WHERE datname = $1 AND usesysid IS NOT NULL
                        """, [database])
                }
                // Sessions end when they next look: moments.
                try await Task.sleep(for: .milliseconds(20))
            }
        } catch let error as PostgresError where error.code == .insufficientPrivilege {
            return PostgresProtectionError(
                .insufficientPrivilege,
                "\"\(server.user)\" may not end the sessions of others in \"\(databases[0])\": \(error.message)",
                field: "user",
                mend:
                    "GRANT pg_signal_backend TO \(PostgresIdentifier.quote(server.user)), and end those of superusers yourself",
                isRetriable: true)
        } catch {}
        return nil
    }
}
