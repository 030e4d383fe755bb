import Foundation
import PostgreSQLClient

extension PostgresGlobals {
    /// Reads the catalogue. Roles and tablespaces of the server itself (`pg_…`) are left out.
    /// - Parameter withPasswords: the login may read `pg_authid`.
    init(_ connection: PostgresConnection, withPasswords: Bool) async throws {
        let catalogue = withPasswords ? "pg_authid" : "pg_roles"
        let password = withPasswords ? "r.rolpassword" : "NULL::text"
        let roles = try await connection.query(
            """
            SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
              r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil::text AS until, \(password) AS password,
              (SELECT pg_catalog.to_json(s.setconfig) FROM pg_catalog.pg_db_role_setting s
                WHERE s.setrole = r.oid AND s.setdatabase = 0) AS settings
            FROM pg_catalog.\(catalogue) r WHERE r.rolname !~ '^pg_' ORDER BY r.rolname COLLATE "C"
            """)
        self.roles = roles.rows.map { row in
            Role(
                name: row["rolname"] ?? "", isSuperuser: row["rolsuper"] == "t", inherits: row["rolinherit"] == "t",
                createsRoles: row["rolcreaterole"] == "t", createsDatabases: row["rolcreatedb"] == "t",
                canLogin: row["rolcanlogin"] == "t", isReplication: row["rolreplication"] == "t",
                bypassesRowSecurity: row["rolbypassrls"] == "t",
                connectionLimit: row["rolconnlimit"].flatMap { Int($0) } ?? -1,
                validUntil: row["until"], password: row["password"],
                settings: row["settings"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
                    ?? [])
        }
        // Through JSON, because the columns differ between versions.
        let memberships = try await connection.query(
            """
            SELECT r.rolname AS role, m.rolname AS member, a.admin_option, pg_catalog.to_jsonb(a)->>'inherit_option' AS inherits,
              pg_catalog.to_jsonb(a)->>'set_option' AS sets
            FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
            JOIN pg_catalog.pg_roles m ON m.oid = a.member
            WHERE m.rolname !~ '^pg_' ORDER BY r.rolname COLLATE "C", m.rolname COLLATE "C"
            """)
        self.memberships = memberships.rows.map { row in
            Membership(
                role: row["role"] ?? "", member: row["member"] ?? "", isAdmin: row["admin_option"] == "t",
                inherits: row["inherits"].map { $0 == "true" }, canSet: row["sets"].map { $0 == "true" })
        }
        let tablespaces = try await connection.query(
            """
            SELECT spcname, pg_catalog.pg_get_userbyid(spcowner) AS owner, pg_catalog.pg_tablespace_location(oid) AS location
            FROM pg_catalog.pg_tablespace WHERE spcname !~ '^pg_' ORDER BY spcname COLLATE "C"
            """)
        self.tablespaces = tablespaces.rows.map { row in
            Tablespace(name: row["spcname"] ?? "", owner: row["owner"] ?? "", location: row["location"] ?? "")
        }
    }

    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return [UInt8](try encoder.encode(self))
        }
    }
}
