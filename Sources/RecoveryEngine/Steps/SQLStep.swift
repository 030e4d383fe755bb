import KubernetesModel
import PostgreSQLClient
import PostgreSQLProtection
import RecoveryAPI

/// One statement, read-only unless the plan says otherwise.
enum SQLStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.sql else { throw StepError("no sql", isRetriable: false) }
        let source: PostgreSQLSource
        if let target = wanted.target {
            source = target
        } else {
            let policy = try await context.resolver.policy(
                wanted.policy ?? "", namespace: context.namespace, field: "sql.policy")
            guard let given = policy.spec.source.postgresql else {
                throw StepError("the BackupPolicy \"\(policy.name)\" is not one of PostgreSQL", isRetriable: false)
            }
            source = try one(wanted.database, of: given, policy: policy.name)
        }
        var server = try await context.resolver.postgres(source, namespace: context.namespace, field: "sql")
        let writes = wanted.write ?? false
        if !writes { server.settings["default_transaction_read_only"] = "on" }
        let connection: PostgresConnection
        do { connection = try await PostgresConnection.connect(server) } catch let error as PostgresError {
            throw PostgresProtectionError(error, server: server)
        }
        if context.isDryRun, writes {
            await connection.close()
            return StepResult(message: "would run a statement in \"\(server.database)\"")
        }
        let result: PostgresResult
        do {
            result = try await connection.query(wanted.query)
        } catch {
            await connection.close()
            if !context.step.isRepeatable, let error = error as? PostgresError, !error.isRefusal {
                throw StepError("\(error)", isRetriable: false, mayHaveHappened: true)
            }
            throw error
        }
        await connection.close()
        let value = result.first?.values.first ?? nil
        if let expected = wanted.expect {
            guard value == expected else {
                let got = result.rows.isEmpty ? "no row" : value.map { "\"\($0.prefix(200))\"" } ?? "NULL"
                throw StepError(
                    "the query gave \(got), expected was \"\(expected)\"", isRetriable: context.step.isRepeatable)
            }
            return StepResult(message: "gave \"\(expected.prefix(200))\", as expected")
        }
        return StepResult(message: result.commandTag)
    }

    /// A policy of one database means that one; of several, the step names which.
    static func one(_ wanted: String?, of source: PostgreSQLSource, policy: String) throws -> PostgreSQLSource {
        guard let name = wanted ?? source.database else {
            throw StepError(
                "sql.database: the BackupPolicy \"\(policy)\" protects several databases; name one of them",
                isRetriable: false)
        }
        guard source.database == nil || source.database == name else {
            throw StepError(
                "sql.database: the BackupPolicy \"\(policy)\" protects \"\(source.database ?? "")\", not \"\(name)\"; leave it out, or use sql.target",
                isRetriable: false)
        }
        if let patterns = source.databases, !DatabasePatterns(patterns).matches(name) {
            throw StepError(
                "sql.database: \"\(name)\" is none of the databases that the BackupPolicy \"\(policy)\" protects: \(patterns.joined(separator: ", "))",
                isRetriable: false)
        }
        var source = source
        source.database = name
        source.databases = nil
        return source
    }
}

extension PostgresError {
    /// Whether the server said so itself and goes on: then the statement is rolled back. Of a connection that ended, or a
    /// server that is being stopped or breaks down, nobody knows.
    var isRefusal: Bool {
        !sqlState.isEmpty && sqlState != "40003" && !["08", "XX"].contains(sqlState.prefix(2))
            && !sqlState.hasPrefix("57P")
    }
}
