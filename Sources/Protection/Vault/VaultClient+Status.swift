import Foundation
import KubernetesModel

/// What `sys/seal-status` says, which needs no token.
struct SealStatus: Sendable, Hashable {
    var type: String
    var isInitialised: Bool
    var isSealed: Bool
    var shares: Int
    var threshold: Int
    var version: String
    /// Only while unsealed.
    var clusterID: String?
    var clusterName: String?
    var storage: String?
}

extension VaultClient {
    func sealStatus() async throws -> SealStatus {
        let answer = try await call("GET", "sys/seal-status")
        guard let sealed = answer["sealed"]?.bool, let version = answer["version"]?.string else {
            throw VaultError(
                .malformedAnswer, "sys/seal-status is not a Vault's", field: "address",
                mend: "check that it is a Vault's or OpenBao's address")
        }
        return SealStatus(
            type: answer["type"]?.string ?? "shamir", isInitialised: answer["initialized"]?.bool ?? true,
            isSealed: sealed,
            shares: Int(answer["n"]?.integer ?? 0), threshold: Int(answer["t"]?.integer ?? 0), version: version,
            clusterID: answer["cluster_id"]?.string, clusterName: answer["cluster_name"]?.string,
            storage: answer["storage_type"]?.string)
    }

    /// When the active node became active: it does so again with a restored snapshot. nil where nobody says.
    func activeSince() async throws -> String? { try await call("GET", "sys/leader")["active_time"]?.string }

    enum Role { case active, standby, unknown }

    func role() async throws -> Role {
        let answer = try await call("GET", "sys/leader")
        if answer["ha_enabled"]?.bool == false || answer["is_self"]?.bool == true { return .active }
        return answer["leader_address"]?.string?.isEmpty == false ? .standby : .unknown
    }

    /// The encryption key's term, one more with every rotation.
    func keyStatus() async throws -> VaultFingerprint.Key {
        let answer = try await call(
            "GET", "sys/key-status", policy: "path \"sys/key-status\" { capabilities = [\"read\"] }")
        return VaultFingerprint.Key(
            term: (answer["data"]?["term"] ?? answer["term"])?.integer ?? 0,
            installed: (answer["data"]?["install_time"] ?? answer["install_time"])?.string ?? "")
    }
}

extension String {
    /// A path that a person named, for a URL: each part escaped, the slashes between them kept.
    var escapedVaultPath: String {
        split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.utf8.map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f, 0x7e: String(UnicodeScalar(byte))
                // "." and ".." would be taken for folders.
                case 0x2e where part != "." && part != "..": "."
                default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }.joined()
        }.joined(separator: "/")
    }
}
