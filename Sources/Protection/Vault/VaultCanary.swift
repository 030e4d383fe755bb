import Cryptography
import Foundation
import KubernetesModel

/// A secret that proves that secrets can be read. Its value should have no worth: a digest of it is in the manifest.
public struct VaultCanary: Sendable, Hashable {
    /// As the API has it: `secret/data/canary` for KV version 2.
    public var path: String
    /// One key of the secret; the whole when nil.
    public var key: String?

    public init(path: String, key: String? = nil) {
        self.path = path
        self.key = key
    }

    /// Reads it, and keeps what tells whether another reading is the same.
    func record(_ client: VaultClient) async throws -> VaultFingerprint.Canary {
        let salt = try SecureRandom.hexString(byteCount: 16)
        return VaultFingerprint.Canary(path: path, key: key, salt: salt, digest: try await digest(client, salt: salt))
    }

    func digest(_ client: VaultClient, salt: String) async throws -> String {
        let escaped = path.escapedVaultPath
        let answer: JSON
        do {
            answer = try await client.call("GET", escaped, policy: "path \"\(path)\" { capabilities = [\"read\"] }")
        } catch let error as VaultError where error.code == .notFound {
            throw VaultError(
                .notFound, "there is no secret at \"\(path)\"", field: "verification.vault.canary.path",
                mend: "write one; in KV version 2 the path has data/ after the mount: secret/data/canary")
        }
        var value = answer["data"] ?? .null
        // KV version 2 puts the secret one level deeper, beside its metadata.
        if value["metadata"]?.object != nil, let inner = value["data"] { value = inner }
        if let key {
            guard let one = value[key] else {
                throw VaultError(
                    .notFound, "the secret at \"\(path)\" has no key \"\(key)\"",
                    field: "verification.vault.canary.key", mend: "name one that it has")
            }
            value = one
        }
        return SHA256.hexHash(salt + value.text)
    }
}
