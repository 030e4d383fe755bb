import PostgreSQLClient

/// The databases of a server, as far as a restore is concerned.
struct Landscape: Hashable, Sendable {
    struct Database: Hashable, Sendable {
        var name: String
        var allowsConnections = true
        var comment: String?

        var marker: RestoreMarker? { comment.flatMap(RestoreMarker.init(comment:)) }
    }

    var token: String
    var target: String
    var databases: [Database]

    func database(_ name: String) -> Database? { databases.first { $0.name == name } }

    /// The database that this restore is making.
    var scratch: Database? {
        databases.first { isOurs($0) && ($0.marker?.phase == .restoring || $0.marker?.phase == .verified) }
    }

    /// The damaged one that this restore put aside.
    var kept: Database? { databases.first { isOurs($0) && $0.marker?.phase == .kept } }

    var state: PostgresRestore.State {
        let isDone = databases.contains { database in
            guard let marker = database.marker, marker.target == target, marker.phase == .done else { return false }
            return marker.token == token || marker.earlier.contains(token)
        }
        // The damaged one is named in the same transaction that puts the new one in place.
        if isDone || kept != nil { return .done(database: target, kept: kept?.name) }
        guard let scratch else { return .absent }
        return scratch.marker?.phase == .verified
            ? .verified(database: scratch.name) : .restoring(database: scratch.name)
    }

    /// What the database in place was made of, as the restore that put it there wrote down: also on the damaged one, for the day
    /// that a person has changed the comment.
    var artifactInPlace: String? {
        guard let database = database(target) else { return nil }
        if let marker = database.marker, marker.phase == .done { return marker.artifact }
        return kept?.marker?.artifact
    }

    private func isOurs(_ database: Database) -> Bool {
        database.marker?.token == token && database.marker?.target == target
    }
}

extension Landscape {
    static func read(
        token: String, server: PostgresConfiguration, maintenanceDatabase: String
    ) async throws -> Landscape {
        try await translatingErrors(server) {
            let connection = try await PostgresConnection.connect(
                maintenanceLogin(server, maintenanceDatabase: maintenanceDatabase))
            let landscape = try await read(token: token, target: server.database, on: connection)
            await connection.close()
            return landscape
        }
    }

    static func read(
        token: String, target: String, on connection: PostgresConnection
    ) async throws -> Landscape {
        let result = try await connection.query(
            """
            SELECT datname, datallowconn, pg_catalog.shobj_description(oid, 'pg_database') AS comment
            FROM pg_catalog.pg_database
            """)
        return Landscape(
            token: token, target: target,
            databases: result.rows.map { row in
                Database(
                    name: row["datname"] ?? "", allowsConnections: row["datallowconn"] == "t", comment: row["comment"])
            })
    }

    /// A database cannot be renamed from within.
    static func maintenanceLogin(
        _ server: PostgresConfiguration, maintenanceDatabase: String
    ) -> PostgresConfiguration {
        let other = maintenanceDatabase == "template1" ? "postgres" : "template1"
        return server.with(
            database: maintenanceDatabase == server.database ? other : maintenanceDatabase,
            settings: SessionSettings.patient.merging(["search_path": ""]) { $1 })
    }
}
