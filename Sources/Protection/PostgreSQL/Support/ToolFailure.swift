import PostgreSQLClient
import Processes

extension PostgresProtectionError {
    /// What a stock tool said when it failed. Its words are matched only to choose the advice.
    init(_ failure: ProcessError, server: PostgresConfiguration) {
        let text = Self.withoutStatements(failure.message)
        let error = ProcessError(code: failure.code, program: failure.program, message: text)
        let known: [(String, Code, String?, String)] = [
            ("No space left on device", .diskFull, nil, "free or add disk space on the database server"),
            ("permission denied", .insufficientPrivilege, "user", "grant \"\(server.user)\" the right to it"),
            ("must be owner", .insufficientPrivilege, "user", "use a user who owns it, or a superuser"),
            ("must be superuser", .insufficientPrivilege, "user", "use a superuser"),
            ("must be able to SET ROLE", .insufficientPrivilege, "user", "use a superuser, or restore without owners"),
            ("must be member of role", .insufficientPrivilege, "user", "use a superuser, or restore without owners"),
            ("password authentication failed", .authenticationFailed, "passwordSecret", "check passwordSecret"),
            ("is not available", .server, nil, "install the extension on the database server"),
        ]
        if let match = known.first(where: { text.contains($0.0) }) {
            self.init(match.1, "\(error)", field: match.2, mend: match.3)
        } else {
            // libpq's words for a server that went away, that is not up yet, or that has no place left for a login.
            let passing = [
                "server closed the connection", "EOF detected", "Connection reset", "Connection refused", "Broken pipe",
                "terminating connection", "is starting up", "is shutting down", "in recovery mode", "too many clients",
                "lock timeout",
            ]
            self.init(.toolFailed, "\(error)", isRetriable: passing.contains { text.contains($0) })
        }
    }

    /// `pg_restore` shows the statement that failed, and the server a part of it: a subscription's, a user mapping's or a
    /// server's has passwords. Of a message whose beginning was lost, nobody knows what it begins with.
    static func withoutStatements(_ message: String) -> String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        var isStatement = message.utf8.count >= 4000
        return lines.filter { line in
            if line.hasPrefix("pg_") { isStatement = false }
            if line.hasPrefix("Command was: ") || line.hasPrefix("LINE ") { isStatement = true }
            return !isStatement
        }.joined(separator: "\n")
    }
}
