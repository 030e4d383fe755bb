import PostgreSQLClient
import Processes

/// Runs `pg_restore` on the small archive that holds the table of contents.
struct RestoreTool {
    let tool: PostgresTool
    let database: PostgresConfiguration
    let options: PostgresRestore.Options
    /// Its processes wait for each other: a server's default for idle sessions must not end them.
    var serverVersion = 0

    /// - Parameter list: only these entries of the archive.
    func run(
        section: String, archive: String, jobs: Int = 1, list: String? = nil, settings: [String: String] = [:]
    ) async throws {
        var sessions = SessionSettings.patient
        sessions["synchronous_commit"] = "off"
        let login = try ToolConnection(
            database.with(database: database.database, settings: sessions.merging(settings) { $1 }),
            serverVersion: serverVersion)
        defer { login.remove() }
        var arguments = ["--exit-on-error", "--no-password", "--section=\(section)"]
        if options.noOwner { arguments.append("--no-owner") }
        if options.noPrivileges { arguments.append("--no-privileges") }
        if options.noTablespaces { arguments.append("--no-tablespaces") }
        if options.isProof { arguments += ["--no-tablespaces", "--no-security-labels", "--no-subscriptions"] }
        if jobs > 1 { arguments.append("--jobs=\(jobs)") }
        if let list { arguments.append("--use-list=\(list)") }
        arguments += ["--dbname=\(login.connectionString)", archive]
        do {
            try await runChild(Command(tool.path, arguments, environment: login.environment))
        } catch let error as ProcessError {
            throw PostgresProtectionError(error, server: database)
        }
    }
}
