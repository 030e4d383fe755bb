import Foundation
import PostgreSQLClient

/// Puts the proven database in place.
struct DatabaseSwap {
    let request: PostgresRestore.Request
    let names: RestoreNames
    let maintenance: PostgresConnection

    private var target: String { request.server.database }

    /// The names that the swap will need are nobody else's.
    func requireFreeNames(_ landscape: Landscape) throws {
        guard let taken = landscape.database(names.damaged), taken.marker?.token != request.token else { return }
        throw PostgresProtectionError(
            .conflict, "there is a database \"\(names.damaged)\" already, where the damaged one would be kept",
            field: "database", mend: "rename or drop it, or use another token")
    }

    func requireEmptyTarget(_ landscape: Landscape) async throws {
        guard let database = landscape.database(target) else { return }
        guard database.allowsConnections, try await Self.isEmpty(request.server) else {
            throw PostgresProtectionError(
                .targetNotEmpty, "the database \"\(target)\" is not empty", field: "strategy",
                mend: "use strategy Swap, which keeps what is there, or another database")
        }
    }

    /// Renames both databases in one transaction, while the sessions in them are ended.
    ///
    /// The server lets nobody into a database from the moment that it begins to rename it until that is decided: nothing
    /// stands closed when this process is killed, and when the renaming fails everything is as it was.
    func perform(scratch: String) async throws {
        let landscape = try await Landscape.read(token: request.token, target: target, on: maintenance)
        let original = landscape.database(target)
        if request.strategy == .intoEmpty { try await requireEmptyTarget(landscape) }
        guard let marker = landscape.database(scratch)?.marker, marker.token == request.token else {
            throw PostgresProtectionError(.conflict, "the database \"\(scratch)\" is gone", isRetriable: true)
        }
        var properties: DatabaseProperties?
        if original != nil { properties = try await DatabaseProperties.read(target, on: maintenance) }
        let ender = SessionEnder(
            databases: [target, scratch], server: request.server,
            maintenanceDatabase: request.options.maintenanceDatabase)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await ender.during {
                    try await rename(scratch: scratch, landscape: landscape, properties: properties)
                }
            } catch let error as PostgresError where SessionEnder.isInUse(error) {
                // The server waits five seconds for sessions to end, and says so then.
                guard ContinuousClock.now < deadline else {
                    throw PostgresProtectionError(
                        .conflict, "sessions in \"\(target)\" do not end: \(error.detail ?? error.message)",
                        field: "database",
                        mend: "end them on the server", isRetriable: true)
                }
            }
        }
    }

    private func rename(
        scratch: String, landscape: Landscape, properties: DatabaseProperties?
    ) async throws {
        let quote = { (name: String) in PostgresIdentifier.quote(name) }
        let literal = { (text: String) in PostgresLiteral.quote(text) }
        let original = landscape.database(target)
        let before = original?.marker
        var statements = ["SET LOCAL lock_timeout TO '5s'"]
        let comment = before.map { $0.comment } ?? original?.comment ?? landscape.database(scratch)?.marker?.comment
        if original != nil {
            let kept = marker(.kept, comment: comment)
            statements += [
                "ALTER DATABASE \(quote(target)) RENAME TO \(quote(names.damaged))",
                "COMMENT ON DATABASE \(quote(names.damaged)) IS \(literal(kept.text))",
            ]
            // One that was empty is looked at again.
            if request.strategy != .intoEmpty { statements.append(closing(names.damaged)) }
        }
        let done = marker(.done, comment: comment, earlier: before.map { $0.earlier + [$0.token] } ?? [])
        statements += [
            "ALTER DATABASE \(quote(scratch)) RENAME TO \(quote(target))",
            "COMMENT ON DATABASE \(quote(target)) IS \(literal(done.text))",
        ]
        if let limit = properties?.connectionLimit, limit != -1 {
            statements.append("ALTER DATABASE \(quote(target)) CONNECTION LIMIT \(limit)")
        }
        let script = statements
        try await maintenance.transaction { connection in
            for statement in script { try await connection.execute(statement) }
        }
    }

    private func marker(_ phase: RestoreMarker.Phase, comment: String?, earlier: [String] = []) -> RestoreMarker {
        RestoreMarker(
            token: request.token, artifact: request.artifact, target: target, phase: phase, at: Date(),
            comment: comment, earlier: earlier)
    }

    /// After the swap, also one that an earlier run did: drops the damaged database where the strategy says so.
    /// - Returns: the damaged database if it is kept.
    func finish() async throws -> String? {
        let landscape = try await Landscape.read(token: request.token, target: target, on: maintenance)
        guard let kept = landscape.kept else { return nil }
        switch request.strategy {
        case .swap:
            // What fails here is told of in the notes.
            try? await replication(kept.name).disableSubscriptions()
            // An attempt that was killed meanwhile may have left it open.
            if kept.allowsConnections { try await maintenance.execute(closing(kept.name)) }
            return kept.name
        case .replace: break
        case .intoEmpty:
            // Somebody may have written into the empty one until the swap. Now nobody knows its name.
            if !kept.allowsConnections { return kept.name }
            guard try await Self.isEmpty(request.server.with(database: kept.name)) else {
                try await maintenance.execute(closing(kept.name))
                return kept.name
            }
        }
        try await replication(kept.name).dropSubscriptions()
        try await Self.drop(kept.name, on: maintenance)
        return nil
    }

    /// What is left to a person when all is in place.
    func notes(kept: String?) async throws -> [String] {
        func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
        var notes: [String] = []
        let restored = try await replication(target).subscriptions(areEnabled: false)
        if !restored.isEmpty {
            notes.append(
                "subscriptions that are switched off: \(list(restored)); enable them once their publishers are as they should be"
            )
        }
        guard let kept else { return notes }
        let running = try await replication(kept).subscriptions(areEnabled: true)
        if !running.isEmpty {
            notes.append("subscriptions of the damaged database that could not be switched off: \(list(running))")
        }
        let slots = try await replication(kept).slots()
        if !slots.isEmpty {
            notes.append(
                "replication slots of the damaged database make the server keep its log: \(list(slots)); drop them once their subscribers have new ones"
            )
        }
        return notes
    }

    private func replication(_ database: String) -> Replication {
        Replication(database: database, server: request.server, maintenance: maintenance)
    }

    private func closing(_ database: String) -> String {
        "ALTER DATABASE \(PostgresIdentifier.quote(database)) WITH ALLOW_CONNECTIONS false"
    }

    static func drop(_ name: String, on connection: PostgresConnection) async throws {
        let force = await connection.serverVersion >= 130000 ? " WITH (FORCE)" : ""
        try await connection.execute("DROP DATABASE \(PostgresIdentifier.quote(name))\(force)")
    }

    /// No tables, views or sequences but those of extensions.
    static func isEmpty(_ login: PostgresConfiguration) async throws -> Bool {
        let connection = try await PostgresConnection.connect(login)
        let row = try await connection.query(
            """
            SELECT NOT EXISTS (
              SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'))
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
            """
        ).first
        await connection.close()
        return row?[0] == "t"
    }
}
