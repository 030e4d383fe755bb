import Foundation
import PostgreSQLClient

/// The new database of a restore before it is in place. It is dropped only when its comment says that it is this
/// restore's.
struct ScratchDatabase {
    let request: PostgresRestore.Request
    let names: RestoreNames
    let maintenance: PostgresConnection

    var login: PostgresConfiguration { request.server.with(database: names.scratch) }
    private var quoted: String { PostgresIdentifier.quote(names.scratch) }

    /// Drops what a killed run of the same token left.
    func removeLeftOver(_ landscape: Landscape) async throws {
        guard let database = landscape.database(names.scratch) else { return }
        guard let marker = database.marker else {
            // Killed between CREATE DATABASE and its comment: then there is nothing in it.
            guard database.comment == nil, try await DatabaseSwap.isEmpty(login) else {
                throw PostgresProtectionError(
                    .conflict, "there is a database \"\(names.scratch)\" that no restore made",
                    field: "database", mend: "look at it, and rename or drop it")
            }
            try await mark(.restoring)
            return try await drop()
        }
        guard marker.token == request.token, marker.target == request.server.database else {
            throw PostgresProtectionError(
                .conflict, "the database \"\(names.scratch)\" belongs to the restore \(marker.token)",
                field: "database", mend: "finish that restore, or drop the database")
        }
        try await drop()
    }

    /// Like the original where that is there; else as the archive says.
    func create(_ landscape: Landscape, entries: [ArchiveEntry], archiveDatabase: String) async throws {
        if landscape.database(request.server.database) != nil {
            let properties = try await DatabaseProperties.read(request.server.database, on: maintenance)
            try await maintenance.execute(
                properties.createStatement(names.scratch, withOwner: !request.options.noOwner))
            try await mark(.restoring)
            for statement in properties.settingStatements(names.scratch) { try await maintenance.execute(statement) }
            if !request.options.noPrivileges {
                let owner = request.options.noOwner ? request.server.user : properties.owner
                for statement in properties.grantStatements(names.scratch, owner: owner) {
                    try await maintenance.execute(statement)
                }
            }
        } else {
            try await createFromArchive(entries)
        }
    }

    private func createFromArchive(_ entries: [ArchiveEntry]) async throws {
        let definition = entries.first { $0.kind == "DATABASE" }
        let renamed = definition.map { SQLText.renamingDatabase($0.definition, to: names.scratch) }
        if request.options.isProof, let definition {
            try await createForProof(SQLText.databaseOptions(definition.definition))
        } else if request.options.noTablespaces, let definition {
            try await maintenance.execute(statement(Self.own(SQLText.databaseOptions(definition.definition))))
        } else {
            try await maintenance.execute(renamed ?? "CREATE DATABASE \(quoted) TEMPLATE template0")
        }
        try await mark(.restoring)
        if let owner = definition?.owner, !owner.isEmpty, !request.options.noOwner {
            try await maintenance.execute("ALTER DATABASE \(quoted) OWNER TO \(PostgresIdentifier.quote(owner))")
        }
        for entry in entries where entry.isAboutDatabase {
            if entry.kind == "ACL", request.options.noPrivileges { continue }
            if entry.kind == "SECURITY LABEL", request.options.isProof { continue }
            do {
                try await maintenance.execute(SQLText.renamingDatabase(entry.definition, to: names.scratch))
            } catch is PostgresError where request.options.isProof {
                continue  // a role, a setting or a tablespace that only the other server has
            }
        }
        // The archive may have set the comment of its time; the marker keeps it.
        let row = try await maintenance.query(
            "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = $1",
            [names.scratch]
        ).first
        let comment = row?[0].flatMap { RestoreMarker(comment: $0) == nil ? $0 : nil }
        try await mark(.restoring, comment: comment)
    }

    /// What is of the database itself.
    private static func own(_ options: [(name: String, value: String)]) -> [(name: String, value: String)] {
        options.filter { $0.name != "TABLESPACE" && $0.name != "TEMPLATE" && $0.name != "OWNER" }
    }

    private func statement(_ kept: [(name: String, value: String)], _ more: String = "") -> String {
        "CREATE DATABASE \(quoted) TEMPLATE template0"
            + kept.map { " \($0.name) = \(PostgresLiteral.quote($0.value))" }.joined() + more
    }

    /// Without its tablespace; and where the machine does not have the locale, with the one that every machine has: the
    /// same rows are the same text in it.
    private func createForProof(_ options: [(name: String, value: String)]) async throws {
        let kept = Self.own(options)
        do {
            try await maintenance.execute(statement(kept))
        } catch let error as PostgresError where ["42809", "22023", "0A000"].contains(error.sqlState) {
            try await maintenance.execute(statement(kept.filter { $0.name == "ENCODING" }, " LOCALE 'C'"))
        }
    }

    /// Writes the comment that says what this database is.
    func mark(_ phase: RestoreMarker.Phase, comment: String? = nil) async throws {
        let marker = RestoreMarker(
            token: request.token, artifact: request.artifact, target: request.server.database, phase: phase,
            at: Date(), comment: comment, earlier: [])
        try await maintenance.execute("COMMENT ON DATABASE \(quoted) IS \(PostgresLiteral.quote(marker.text))")
    }

    /// What the archive said about the comment, kept while the phase changes.
    func markVerified() async throws {
        let landscape = try await Landscape.read(
            token: request.token, target: request.server.database, on: maintenance)
        try await mark(.verified, comment: landscape.database(names.scratch)?.marker?.comment)
    }

    /// Only with the marker of this restore on it.
    func drop() async throws {
        // A connection of its own: the other may be in any state after a failure.
        let connection = try await PostgresConnection.connect(
            Landscape.maintenanceLogin(request.server, maintenanceDatabase: request.options.maintenanceDatabase))
        let landscape = try await Landscape.read(
            token: request.token, target: request.server.database, on: connection)
        if let scratch = landscape.scratch, scratch.name == names.scratch {
            // Made by this restore, and never enabled.
            try await Replication(database: scratch.name, server: request.server, maintenance: connection)
                .dropSubscriptions()
            try await DatabaseSwap.drop(scratch.name, on: connection)
        }
        await connection.close()
    }
}

extension ArchiveEntry {
    /// Properties, privileges and comment of the database itself.
    var isAboutDatabase: Bool {
        switch kind {
        case "DATABASE PROPERTIES": true
        case "ACL", "COMMENT", "SECURITY LABEL": tag.hasPrefix("DATABASE ")
        default: false
        }
    }
}
