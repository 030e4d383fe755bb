import Foundation
import VaultTestServer

extension ProtectedSource {
    /// An OpenBao with secrets; as a snapshot of its storage, or as an export of its secrets.
    static func vault(_ vault: TemporaryVault, asExport: Bool) async throws -> ProtectedSource {
        for version in 1...3 { try await vault.put("secret/database", ["password": "p\(version)"]) }
        try await vault.put("secret/it's $(x) ü", ["k": "v \" \\ \n"])
        let secrets = [
            World.secret("vault", ["token": vault.token, "ca.crt": vault.certificateAuthority]),
            World.secret("unseal", ["keys": vault.keys.joined(separator: "\n")]),
        ]
        let method = asExport ? "KeyValueExport, paths: [secret]" : "RaftSnapshot"
        return ProtectedSource(
            documents: secrets,
            source:
                "vault: {address: \(World.quoted(vault.address)), tokenSecret: {name: vault}, caSecret: {name: vault}, method: \(method)}",
            restore: asExport
                ? "restoreVaultKV: {policy: p, strategy: Overwrite}"
                : "restoreVault: {policy: p, unsealKeysSecret: {name: unseal}, tokenSecret: {name: vault}}",
            verification: asExport
                ? nil : "vault: {unsealKeysSecret: {name: unseal}, canary: {path: secret/data/canary, key: value}}",
            change: { try await vault.put("secret/changing", ["value": UUID().uuidString]) },
            damage: {
                try await vault.put("secret/canary", ["value": "damaged"])
                try await vault.bao(["kv", "metadata", "delete", "secret/database"])
            },
            contents: {
                var found: [String] = []
                for name in ["canary", "it's $(x) ü"] {
                    found.append(
                        (try? await vault.bao(["kv", "get", "-format=json", "-field=data", "secret/\(name)"])) ?? "gone"
                    )
                }
                for version in 1...4 {
                    let text = try? await vault.bao([
                        "kv", "get", "-version=\(version)", "-field=password", "secret/database",
                    ])
                    found.append("\(version): \(text ?? "none")")
                }
                return found
            })
    }
}
