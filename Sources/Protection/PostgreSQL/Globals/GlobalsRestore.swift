public import PostgreSQLClient

extension PostgresGlobals {
    public struct Report: Sendable, Hashable {
        /// The roles that were made.
        public var roles: [String] = []
        /// What could not be given to them, for people.
        public var warnings: [String] = []
    }

    /// Makes the roles that the server does not have, with their passwords, settings and memberships; all of them or none,
    /// so that a second call after a crash finds either. A role that is there is left as it is, memberships included.
    ///
    /// What only a superuser may give (SUPERUSER, REPLICATION, BYPASSRLS, a setting) is left out with a warning where the
    /// login may not.
    /// - Parameter login: into any database that is there.
    /// - Throws: ``PostgresProtectionError``.
    public func createMissing(on login: PostgresConfiguration) async throws -> Report {
        try await translatingErrors(login) {
            try await PostgresConnection.with(login.with(database: login.database, settings: SessionSettings.patient)) {
                try await $0.transaction { try await create(on: $0) }
            }
        }
    }

    private func create(on connection: PostgresConnection) async throws -> Report {
        // Two at a time would make the same roles.
        try await connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(1146241618)")
        let known = Set(try await connection.query("SELECT rolname FROM pg_catalog.pg_roles").rows.compactMap { $0[0] })
        let missing = roles.filter { !known.contains($0.name) }
        var report = Report()
        for role in missing {
            let full = role.statement(all: true)
            if try await attempt(full, on: connection) == nil {
                report.roles.append(role.name)
                continue
            }
            try await connection.execute(role.statement(all: false))
            report.roles.append(role.name)
            report.warnings.append(
                "\"\(role.name)\" is no superuser and has no other right that only a superuser gives")
        }
        let made = Set(report.roles)
        for role in missing where made.contains(role.name) {
            for setting in role.settings {
                guard let statement = role.statement(setting: setting) else { continue }
                if let error = try await attempt(statement, on: connection) {
                    report.warnings.append("a setting of \"\(role.name)\" was left out: \(error.message)")
                }
            }
        }
        let version = await connection.serverVersion
        for membership in memberships where made.contains(membership.member) {
            guard let error = try await attempt(membership.statement(serverVersion: version), on: connection) else {
                continue
            }
            report.warnings.append("\"\(membership.member)\" is no member of \"\(membership.role)\": \(error.message)")
        }
        return report
    }

    /// nil when it was done; what was refused leaves no trace.
    private func attempt(_ statement: String, on connection: PostgresConnection) async throws -> PostgresError? {
        try await connection.execute("SAVEPOINT attempt")
        do { try await connection.execute(statement) } catch let error as PostgresError
            where error.code != .connectionLost
        {
            try await connection.execute("ROLLBACK TO SAVEPOINT attempt")
            return error
        }
        try await connection.execute("RELEASE SAVEPOINT attempt")
        return nil
    }
}

extension PostgresGlobals.Role {
    /// - Parameter all: also what only a superuser may give.
    func statement(all: Bool) -> String {
        func word(_ isSet: Bool, _ name: String) -> String { isSet ? name : "NO\(name)" }
        var parts = [
            "CREATE ROLE \(PostgresIdentifier.quote(name)) WITH", word(inherits, "INHERIT"),
            word(createsRoles, "CREATEROLE"),
            word(createsDatabases, "CREATEDB"), word(canLogin, "LOGIN"), "CONNECTION LIMIT \(connectionLimit)",
        ]
        if all {
            parts += [
                word(isSuperuser, "SUPERUSER"), word(isReplication, "REPLICATION"),
                word(bypassesRowSecurity, "BYPASSRLS"),
            ]
        }
        if let password { parts.append("PASSWORD \(PostgresLiteral.quote(password))") }
        if let validUntil { parts.append("VALID UNTIL \(PostgresLiteral.quote(validUntil))") }
        return parts.joined(separator: " ")
    }

    /// Of `search_path="$user", public`.
    func statement(setting: String) -> String? {
        guard let equals = setting.firstIndex(of: "=") else { return nil }
        let parsed = DatabaseProperties.Setting(
            role: nil, name: String(setting[..<equals]), value: String(setting[setting.index(after: equals)...]))
        return "ALTER ROLE \(PostgresIdentifier.quote(name)) SET \(parsed.assignment)"
    }
}

extension PostgresGlobals.Membership {
    func statement(serverVersion: Int) -> String {
        let grant = "GRANT \(PostgresIdentifier.quote(role)) TO \(PostgresIdentifier.quote(member))"
        var options: [String] = isAdmin ? ["ADMIN OPTION"] : []
        if serverVersion >= 160000, let inherits, let canSet {
            options = ["ADMIN \(isAdmin)", "INHERIT \(inherits)", "SET \(canSet)"]
        }
        return options.isEmpty ? grant : "\(grant) WITH \(options.joined(separator: ", "))"
    }
}
