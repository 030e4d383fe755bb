import BackupArchive
import PostgreSQLClient

/// Runs a check of the policy in a restored database.
enum PolicyCheck {
    /// - Returns: What it found, in words.
    /// - Throws: `VerificationFailure` when it gave something else, or was refused.
    static func run(_ check: PostgresProof.Check, on database: PostgresConfiguration, timeout: Duration) async throws
        -> String
    {
        var login = database
        login.statementTimeout = timeout
        login.settings["default_transaction_read_only"] = "on"
        let text = check.sql.count > 120 ? "\(check.sql.prefix(120))…" : check.sql
        let connection = try await PostgresConnection.connect(login)
        let outcome: Result<PostgresResult, any Error>
        do {
            // With the snapshot taken, the transaction cannot be made one that writes; and it is one statement.
            try await connection.execute("BEGIN READ ONLY; SELECT 1")
            outcome = .success(try await connection.query(check.sql))
        } catch { outcome = .failure(error) }
        await connection.close()
        switch outcome {
        case .failure(let error as PostgresError) where error.code != .connectionLost:
            throw VerificationFailure(check: "sql", "\(text): \(error)")
        case .failure(let error): throw error
        case .success(let result):
            guard let expected = check.expect else { return "\(text): \(result.rows.count) rows" }
            let value = result.first?.values.first ?? nil
            guard value == expected else {
                let found = result.rows.isEmpty ? "no row" : value.map { "\"\($0.prefix(200))\"" } ?? "NULL"
                throw VerificationFailure(
                    check: "sql", "\(text): gave \(found), expected was \"\(expected.prefix(200))\"")
            }
            return "\(text): gave \"\(expected.prefix(200))\", as expected"
        }
    }
}
