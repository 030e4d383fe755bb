import PostgreSQLClient

/// What a database has besides its contents, as the catalogue tells it.
struct DatabaseProperties: Hashable, Sendable {
    struct Setting: Hashable, Sendable {
        /// nil: for everybody.
        var role: String?
        var name: String
        var value: String
    }

    struct Grant: Hashable, Sendable {
        /// nil: PUBLIC.
        var role: String?
        var privilege: String
        var isGrantable: Bool
    }

    var owner = ""
    var encoding = ""
    var collation = ""
    var characterType = ""
    /// `c` libc, `i` ICU, `b` builtin.
    var localeProvider = "c"
    var locale: String?
    var icuRules: String?
    var tablespace = "pg_default"
    var connectionLimit = -1
    var comment: String?
    var settings: [Setting] = []
    /// nil: the defaults.
    var grants: [Grant]?

    static func read(_ name: String, on connection: PostgresConnection) async throws -> DatabaseProperties {
        // Through JSON, because the columns differ between versions.
        let row = try await connection.query(
            """
            SELECT pg_catalog.pg_get_userbyid(d.datdba) AS owner, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
              d.datcollate, d.datctype, t.spcname, d.datconnlimit,
              coalesce(pg_catalog.to_jsonb(d)->>'datlocprovider', 'c') AS provider,
              coalesce(pg_catalog.to_jsonb(d)->>'datlocale', pg_catalog.to_jsonb(d)->>'daticulocale') AS locale,
              pg_catalog.to_jsonb(d)->>'daticurules' AS rules, d.datacl IS NULL AS defaults,
              pg_catalog.shobj_description(d.oid, 'pg_database') AS comment
            FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
            WHERE d.datname = $1
            """, [name]
        ).first
        guard let row else {
            throw PostgresProtectionError(.conflict, "the database \"\(name)\" is gone", isRetriable: true)
        }
        var properties = DatabaseProperties()
        properties.owner = row["owner"] ?? ""
        properties.encoding = row["encoding"] ?? ""
        properties.collation = row["datcollate"] ?? ""
        properties.characterType = row["datctype"] ?? ""
        properties.localeProvider = row["provider"] ?? "c"
        properties.locale = row["locale"]
        properties.icuRules = row["rules"]
        properties.tablespace = row["spcname"] ?? "pg_default"
        properties.connectionLimit = row["datconnlimit"].flatMap { Int($0) } ?? -1
        properties.comment = row["comment"]
        if row["defaults"] == "f" { properties.grants = try await readGrants(name, on: connection) }
        properties.settings = try await readSettings(name, on: connection)
        return properties
    }

    private static func readGrants(_ name: String, on connection: PostgresConnection) async throws -> [Grant] {
        try await connection.query(
            """
            SELECT CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee) END AS role, a.privilege_type,
              a.is_grantable
            FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.datname = $1
            """, [name]
        ).rows.map {
            Grant(role: $0["role"], privilege: $0["privilege_type"] ?? "", isGrantable: $0["is_grantable"] == "t")
        }
    }

    private static func readSettings(_ name: String, on connection: PostgresConnection) async throws -> [Setting] {
        try await connection.query(
            """
            SELECT r.rolname, pg_catalog.unnest(s.setconfig) AS setting
            FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
            LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
            WHERE d.datname = $1 AND (s.setrole = 0 OR r.oid IS NOT NULL)
            """, [name]
        ).rows.compactMap { row in
            guard let text = row["setting"], let equals = text.firstIndex(of: "=") else { return nil }
            return Setting(
                role: row["rolname"], name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
    }
}

extension DatabaseProperties {
    func createStatement(_ name: String, withOwner: Bool) -> String {
        let literal = PostgresLiteral.quote
        var parts = [
            "CREATE DATABASE \(PostgresIdentifier.quote(name)) TEMPLATE template0 ENCODING \(literal(encoding))"
        ]
        parts.append("LC_COLLATE \(literal(collation)) LC_CTYPE \(literal(characterType))")
        switch localeProvider {
        case "i":
            parts.append("LOCALE_PROVIDER icu ICU_LOCALE \(literal(locale ?? ""))")
            if let icuRules { parts.append("ICU_RULES \(literal(icuRules))") }
        case "b": parts.append("LOCALE_PROVIDER builtin BUILTIN_LOCALE \(literal(locale ?? ""))")
        default: break
        }
        if withOwner { parts.append("OWNER \(PostgresIdentifier.quote(owner))") }
        if tablespace != "pg_default" { parts.append("TABLESPACE \(PostgresIdentifier.quote(tablespace))") }
        return parts.joined(separator: " ")
    }

    /// Settings change how text is read (`lc_monetary`), so they come before the data.
    func settingStatements(_ name: String) -> [String] {
        let database = PostgresIdentifier.quote(name)
        return settings.map { setting in
            let subject =
                setting.role.map { "ROLE \(PostgresIdentifier.quote($0)) IN DATABASE \(database)" }
                ?? "DATABASE \(database)"
            return "ALTER \(subject) SET \(setting.assignment)"
        }
    }

    func grantStatements(_ name: String, owner: String) -> [String] {
        guard let grants else { return [] }
        let database = PostgresIdentifier.quote(name)
        let role = { (name: String?) in name.map(PostgresIdentifier.quote) ?? "PUBLIC" }
        return ["REVOKE ALL ON DATABASE \(database) FROM PUBLIC, \(PostgresIdentifier.quote(owner))"]
            + grants.map { grant in
                // A privilege's name comes from the server's fixed list.
                "GRANT \(grant.privilege) ON DATABASE \(database) TO \(role(grant.role))"
                    + (grant.isGrantable ? " WITH GRANT OPTION" : "")
            }
    }
}

extension DatabaseProperties.Setting {
    /// `"search_path" TO 'a', 'b'`, what SET takes.
    var assignment: String {
        // Names with a dot are several identifiers.
        let parameter = name.split(separator: ".").map { PostgresIdentifier.quote(String($0)) }.joined(separator: ".")
        return "\(parameter) TO \(text)"
    }

    /// The settings that PostgreSQL stores as lists of quoted names (`GUC_LIST_QUOTE`); as one string they would be
    /// one name.
    private static let lists: Set = [
        "search_path", "local_preload_libraries", "session_preload_libraries", "shared_preload_libraries",
        "temp_tablespaces", "unix_socket_directories",
    ]

    private var text: String {
        guard Self.lists.contains(name.lowercased()) else { return PostgresLiteral.quote(value) }
        let names = SQLText.nameList(value)
        return names.isEmpty ? "''" : names.map { PostgresLiteral.quote($0) }.joined(separator: ", ")
    }
}
