import KubernetesModel
import PostgreSQLClient
import PostgreSQLProtection
import RecoveryAPI

extension Resolver {
    func postgreSQL(_ source: PostgreSQLSource, of policy: BackupPolicy) async throws -> PostgreSQLSystem {
        let verification = policy.spec.verification
        let namespace = policy.namespace
        return PostgreSQLSystem(
            server: try await postgres(source, namespace: namespace, field: "spec.source.postgresql"),
            patterns: source.databases,
            proof: {
                var target: PostgresConfiguration?
                if let server = verification?.target?.postgresql {
                    target = try await postgres(
                        server, namespace: namespace, field: "spec.verification.target.postgresql")
                }
                let checks = verification?.checks ?? []
                return PostgresProof(
                    target: target, checks: checks.map { .init(sql: $0.sql, expect: $0.expect, database: $0.database) })
            })
    }
}
