import Foundation
import KubernetesClient
import KubernetesModel
public import RecoveryAPI
public import VaultProtection

extension Resolver {
    /// The server that a policy protects, with the login that its Secrets hold now.
    public func vault(_ source: VaultSource, namespace: String, field: String) async throws -> VaultServer {
        var server = try await vault(
            VaultTarget(address: source.address, namespace: source.namespace, caSecret: source.caSecret),
            namespace: namespace, field: field)
        if let reference = source.tokenSecret {
            server.login = .token(
                try await secret(reference, key: "token", namespace: namespace, field: "\(field).tokenSecret"))
        } else if let path = source.tokenFile {
            server.login = .tokenFile(try Self.checked(path, field: "\(field).tokenFile"))
        } else if let login = source.kubernetesAuth {
            let path = try Self.checked(
                login.tokenPath ?? "\(VaultSource.KubernetesAuth.folder)/token",
                field: "\(field).kubernetesAuth.tokenPath")
            server.login = .kubernetes(role: login.role, mount: login.mount ?? "kubernetes", tokenPath: path)
        } else {
            throw ReferenceError(
                reason: Reason.invalidSpec, "\(field) needs exactly one of tokenSecret, tokenFile and kubernetesAuth")
        }
        return server
    }

    /// The schema says so too; an address that a user chose must never be sent the operator's own token.
    static func checked(_ path: String, field: String) throws(ReferenceError) -> String {
        let folder = "\(VaultSource.KubernetesAuth.folder)/"
        guard path.hasPrefix(folder), path.count > folder.count, !path.dropFirst(folder.count).contains("/"),
            !path.contains("..")
        else {
            throw ReferenceError(
                reason: Reason.invalidSpec, "\(field): the file must be in \(VaultSource.KubernetesAuth.folder)")
        }
        return path
    }

    /// A server without a login.
    func vault(_ target: VaultTarget, namespace: String, field: String) async throws -> VaultServer {
        var server = VaultServer(address: target.address, login: .none, namespace: target.namespace)
        if let reference = target.caSecret {
            server.certificateAuthorities = try await secret(
                reference, key: "ca.crt", namespace: namespace, field: "\(field).caSecret")
        }
        return server
    }

    /// The unseal keys: all values of a Secret, in the order of their keys, or one.
    func unsealKeys(_ reference: SecretReference, namespace: String, field: String) async throws -> UnsealKeys {
        if let key = reference.key {
            return try UnsealKeys([try await secret(reference, key: key, namespace: namespace, field: field)])
        }
        let data = try await secretData(reference.name, namespace: namespace, field: field)
        return try UnsealKeys(data.sorted { $0.key < $1.key }.map { String(decoding: $0.value, as: UTF8.self) })
    }

    func vaultSystem(_ source: VaultSource, _ policy: BackupPolicy) async throws -> VaultSystem {
        let server = try await vault(source, namespace: policy.namespace, field: "spec.source.vault")
        let method = source.method.flatMap { VaultSystem.Method(rawValue: $0.rawValue) } ?? .raftSnapshot
        let paths = source.paths ?? []
        guard let verification = policy.spec.verification?.vault else {
            return VaultSystem(server: server, method: method, paths: paths)
        }
        let field = "spec.verification.vault"
        let canary = verification.canary.map { VaultCanary(path: $0.path, key: $0.key) }
        let proof: @Sendable () async throws -> VaultSystem.Proof? = {
            var token: String?
            if let reference = verification.tokenSecret {
                token = try await secret(
                    reference, key: "token", namespace: policy.namespace, field: "\(field).tokenSecret"
                )
                .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let keys = try await unsealKeys(
                verification.unsealKeysSecret, namespace: policy.namespace, field: "\(field).unsealKeysSecret")
            return VaultSystem.Proof(unsealKeys: keys, token: token, canary: canary)
        }
        return VaultSystem(server: server, method: method, paths: paths, canary: canary, proof: proof)
    }
}
