import Foundation
import PostgreSQLClient

/// Whether the server has the roles that an archive names: asked before anything is made.
enum RoleCheck {
    static func roles(in entries: [ArchiveEntry], options: PostgresRestore.Options) -> Set<String> {
        var roles: Set<String> = []
        for entry in entries {
            if !options.noOwner, !entry.owner.isEmpty { roles.insert(entry.owner) }
            if !options.noPrivileges, entry.kind == "ACL" || entry.kind == "DEFAULT ACL" {
                roles.formUnion(SQLText.grantees(entry.definition))
            }
            if options.isProof, !options.makesRoles { continue }  // they are left out: see PostgresRestore.Options.isProof
            switch entry.kind {
            // ALTER ROLE … IN DATABASE … SET
            case "DATABASE PROPERTIES": roles.formUnion(SQLText.grantees(entry.definition))
            case "POLICY":
                // What comes after the roles are expressions.
                let head = entry.definition.components(separatedBy: " USING (")[0].components(
                    separatedBy: " WITH CHECK (")[0]
                roles.formUnion(SQLText.grantees(head))
            default: break
            }
        }
        return roles
    }

    /// Makes those that are not there; none of them may log in.
    static func make(_ roles: Set<String>, on connection: PostgresConnection) async throws {
        let found = try await connection.query("SELECT rolname FROM pg_catalog.pg_roles")
        // Names with pg_ are the server's own: a version either has them or not.
        for role in roles.subtracting(found.rows.compactMap { $0[0] }).sorted() where !role.hasPrefix("pg_") {
            try await connection.execute("CREATE ROLE \(PostgresIdentifier.quote(role)) NOLOGIN")
        }
    }

    static func require(_ roles: Set<String>, on connection: PostgresConnection) async throws {
        let found = try await connection.query("SELECT rolname FROM pg_catalog.pg_roles")
        let missing = roles.subtracting(found.rows.compactMap { $0[0] }).sorted()
        guard !missing.isEmpty else { return }
        let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
        throw PostgresProtectionError(
            .missingRoles,
            "the archive's objects belong or are granted to roles that the server does not have: \(names)",
            field: "noOwner", mend: "create the roles, or restore with noOwner: true (and noPrivileges: true)")
    }

    /// The login's own right to make databases.
    static func requireCreateDatabase(on connection: PostgresConnection, server: PostgresConfiguration) async throws {
        let row = try await connection.query(
            "SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user"
        ).first
        guard row?[0] != "t" else { return }
        throw PostgresProtectionError(
            .insufficientPrivilege, "\"\(server.user)\" may not create databases, which a restore needs",
            field: "user", mend: "ALTER ROLE \(PostgresIdentifier.quote(server.user)) CREATEDB, or use another user")
    }
}
