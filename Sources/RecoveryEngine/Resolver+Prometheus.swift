import BackupArchive
import Foundation
import KubernetesModel
public import PrometheusProtection
public import RecoveryAPI

extension Resolver {
    /// The server that a policy protects.
    func prometheusSystem(_ source: PrometheusSource, of policy: BackupPolicy) async throws -> PrometheusSystem {
        PrometheusSystem(
            server: try await prometheus(
                url: source.url, caSecret: source.caSecret, credentialsSecret: source.credentialsSecret,
                namespace: policy.namespace,
                field: "spec.source.prometheus"),
            dataDirectory: source.dataDirectory, name: "\(policy.namespace)/\(policy.name)")
    }

    public func prometheus(
        url: String, caSecret: SecretReference?, credentialsSecret: ObjectReference?, namespace: String, field: String
    ) async throws -> PrometheusServer {
        var server = PrometheusServer(url: url)
        if let reference = credentialsSecret {
            func value(_ key: String) async throws -> String {
                try await secret(
                    SecretReference(name: reference.name, key: key), key: key, namespace: namespace,
                    field: "\(field).credentialsSecret"
                ).trimmingCharacters(in: .newlines)
            }
            if let user = try? await value("username") {
                server.username = user
                server.password = try await value("password")
            } else {
                server.token = try await value("token")
            }
        }
        if let reference = caSecret {
            server.certificateAuthorities = try await secret(
                reference, key: "ca.crt", namespace: namespace, field: "\(field).caSecret")
        }
        return server
    }
}
