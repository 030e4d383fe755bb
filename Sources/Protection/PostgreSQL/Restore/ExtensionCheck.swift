import PostgreSQLClient

/// Whether the server can have the extensions that an archive names: asked before anything is made.
enum ExtensionCheck {
    static func extensions(in entries: [ArchiveEntry]) -> Set<String> {
        Set(entries.filter { $0.kind == "EXTENSION" }.map(\.tag))
    }

    static func require(_ extensions: Set<String>, on connection: PostgresConnection) async throws {
        guard !extensions.isEmpty else { return }
        let found = try await connection.query("SELECT name FROM pg_catalog.pg_available_extensions")
        let missing = extensions.subtracting(found.rows.compactMap { $0[0] }).sorted()
        guard !missing.isEmpty else { return }
        let major = await connection.serverVersion / 10000
        let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
        throw PostgresProtectionError(
            .missingExtensions,
            "the backup needs extensions that are not installed with the server it is restored into: \(names)",
            mend: "install their packages for PostgreSQL \(major) on the machine of that server")
    }
}
