import PostgreSQLClient

/// Whether the server has the tablespaces that an archive names: asked before anything is made.
enum TablespaceCheck {
    /// - Parameter makesDatabase: whether the database is made as the archive says, in the tablespace that it had.
    static func tablespaces(in entries: [ArchiveEntry], makesDatabase: Bool) -> Set<String> {
        var names = Set(entries.map(\.tablespace).filter { !$0.isEmpty })
        guard makesDatabase else { return names }
        for entry in entries where entry.kind == "DATABASE" {
            names.formUnion(
                SQLText.databaseOptions(entry.definition).filter { $0.name.uppercased() == "TABLESPACE" }.map(\.value))
        }
        return names
    }

    static func require(_ tablespaces: Set<String>, on connection: PostgresConnection) async throws {
        guard !tablespaces.isEmpty else { return }
        let found = try await connection.query("SELECT spcname FROM pg_catalog.pg_tablespace")
        let missing = tablespaces.subtracting(found.rows.compactMap { $0[0] }).sorted()
        guard !missing.isEmpty else { return }
        let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
        throw PostgresProtectionError(
            .missingTablespaces, "the backup has objects in tablespaces that the server does not have: \(names)",
            field: "tablespaces",
            mend:
                "create them (CREATE TABLESPACE … LOCATION …), or restore with tablespaces: Ignore, which puts everything into the default one"
        )
    }
}
