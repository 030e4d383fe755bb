import BackupArchive
import PostgreSQLClient
import Processes

/// Stores what belongs to the server as a whole, beside the dumps.
enum GlobalsBackup {
    struct Outcome: Sendable {
        var roles: Int?
        var warnings: [String]
    }

    /// Without a right to it, a managed server's for example, less is stored, and a warning says what: the data matters more.
    static func run(_ server: PostgresConfiguration, into sink: any ArtifactSink) async throws -> Outcome {
        do {
            let connection = try await PostgresConnection.connect(
                server.with(database: server.database, settings: SessionSettings.patient))
            let mayRead = try await connection.query(
                "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')")
            let withPasswords = mayRead.first?[0] == "t"
            let globals = try await PostgresGlobals(connection, withPasswords: withPasswords)
            let major = await connection.serverVersion / 10000
            await connection.close()
            var warnings: [String] = []
            if !withPasswords {
                warnings.append(
                    "the roles are stored without their passwords: \"\(server.user)\" may not read pg_authid")
            }
            let document = try globals.json
            try await sink.store(PostgresGlobals.documentName) { write in try await write(document) }
            do {
                let script = try await script(server, major: major, withPasswords: withPasswords)
                try await sink.store(PostgresGlobals.scriptName) { write in try await write(script) }
            } catch let error as ProcessError {
                warnings.append("there is no \(PostgresGlobals.scriptName): \(error)")
            } catch let error as PostgresProtectionError where error.code == .toolsMissing {
                warnings.append("there is no \(PostgresGlobals.scriptName): \(error)")
            }
            return Outcome(roles: globals.roles.count, warnings: warnings)
        } catch let error as PostgresError where error.code == .insufficientPrivilege {
            return Outcome(roles: nil, warnings: ["the server's roles are not part of the backup: \(error)"])
        } catch let error as PostgresError {
            throw PostgresProtectionError(error, server: server)
        }
    }

    private static func script(_ server: PostgresConfiguration, major: Int, withPasswords: Bool) async throws -> [UInt8]
    {
        let tool = try await PostgresTool.find("pg_dumpall", atLeast: major, folder: nil)
        let login = try ToolConnection(server.with(database: server.database, settings: SessionSettings.patient))
        defer { login.remove() }
        var arguments = ["--globals-only", "--no-password", "--dbname=\(login.connectionString)"]
        if !withPasswords { arguments.append("--no-role-passwords") }
        return try await runChild(Command(tool.path, arguments, environment: login.environment), limit: 64 << 20)
    }
}
