/// A HashiCorp Vault or OpenBao.
public struct VaultSource: Codable, Sendable, Hashable {
    public enum Method: String, Codable, Sendable, Hashable, CaseIterable {
        /// Everything that raft storage has, in one snapshot. The default.
        case raftSnapshot = "RaftSnapshot"
        /// The secrets of KV mounts, with their versions.
        case keyValueExport = "KeyValueExport"
    }

    /// A login with a service account token that was made for Vault. The operator's own is never sent.
    public struct KubernetesAuth: Codable, Sendable, Hashable {
        public var role: String
        /// Where the method is mounted; `kubernetes` when absent.
        public var mount: String?
        /// A file below ``folder``; `token` there when absent.
        public var tokenPath: String?

        /// Only tokens that were made for Vault are there. The operator's own, which opens the cluster, is never sent: the
        /// address is a user's to choose.
        public static let folder = "/var/run/secrets/dr-vault"
        static let filePattern = "^/var/run/secrets/dr-vault/[A-Za-z0-9][-A-Za-z0-9._]*$"

        public init(role: String, mount: String? = nil, tokenPath: String? = nil) {
            self.role = role
            self.mount = mount
            self.tokenPath = tokenPath
        }
    }

    public var address: String
    /// Key `token`.
    public var tokenSecret: SecretReference?
    /// A file below ``KubernetesAuth/folder``, which an agent keeps a valid token in. Read at each use.
    public var tokenFile: String?
    public var kubernetesAuth: KubernetesAuth?
    public var namespace: String?
    /// Key `ca.crt`.
    public var caSecret: SecretReference?
    public var method: Method?
    /// Of a KeyValueExport: mounts, folders in them, or secrets; all KV mounts when absent.
    public var paths: [String]?

    public init(
        address: String, tokenSecret: SecretReference? = nil, tokenFile: String? = nil,
        kubernetesAuth: KubernetesAuth? = nil, namespace: String? = nil,
        caSecret: SecretReference? = nil, method: Method? = nil, paths: [String]? = nil
    ) {
        self.address = address
        self.tokenSecret = tokenSecret
        self.tokenFile = tokenFile
        self.kubernetesAuth = kubernetesAuth
        self.namespace = namespace
        self.caSecret = caSecret
        self.method = method
        self.paths = paths
    }

    /// `vault/vault.example.com:8200`.
    var summary: String {
        let host = address.split(separator: "://", maxSplits: 1).last.map { $0.prefix { $0 != "/" } } ?? ""
        return "vault/\(host)\(namespace.map { "/\($0)" } ?? "")"
    }
}

/// Where a Vault is, without a login.
public struct VaultTarget: Codable, Sendable, Hashable {
    public var address: String
    public var namespace: String?
    /// Key `ca.crt`.
    public var caSecret: SecretReference?

    public init(address: String, namespace: String? = nil, caSecret: SecretReference? = nil) {
        self.address = address
        self.namespace = namespace
        self.caSecret = caSecret
    }
}

/// A secret without worth that proves that the others can be read.
public struct VaultCanaryReference: Codable, Sendable, Hashable {
    public var path: String
    public var key: String?

    public init(path: String, key: String? = nil) {
        self.path = path
        self.key = key
    }
}

/// What proves a Vault's backup beyond its checksums.
public struct VaultVerification: Codable, Sendable, Hashable {
    /// All of its values are unseal keys, unless one is named.
    public var unsealKeysSecret: SecretReference
    /// Key `token`.
    public var tokenSecret: SecretReference?
    public var canary: VaultCanaryReference?

    public init(
        unsealKeysSecret: SecretReference, tokenSecret: SecretReference? = nil, canary: VaultCanaryReference? = nil
    ) {
        self.unsealKeysSecret = unsealKeysSecret
        self.tokenSecret = tokenSecret
        self.canary = canary
    }
}

extension VaultSource {
    static let schema = Schema.object(
        "A HashiCorp Vault or OpenBao.",
        [
            "address": .vaultAddress.required,
            "tokenSecret": .secret(
                "The Secret with a token that may read sys/storage/raft/snapshot, or for a KeyValueExport the KV mounts.",
                key: "token"),
            "tokenFile": .string(
                "A file in \(KubernetesAuth.folder) with such a token, which an agent renews there; it is read at each use.",
                pattern: KubernetesAuth.filePattern, maxLength: 256),
            "kubernetesAuth": .object(
                "A login with a service account token that was made for Vault.",
                [
                    "role": .string("The role of the method.", maxLength: 128).required,
                    "mount": .string(
                        "Where the method is mounted; kubernetes when absent.",
                        pattern: "^[A-Za-z0-9][-A-Za-z0-9._/]*$", maxLength: 128),
                    "tokenPath": .string(
                        "The file with the token, in \(KubernetesAuth.folder), where a projected volume puts it; token there when absent. The operator's own token is never sent.",
                        pattern: KubernetesAuth.filePattern, maxLength: 256),
                ]),
            "namespace": .vaultNamespace,
            "caSecret": .secret(
                "The Secret with the certificates that the server's is checked against.", key: "ca.crt"),
            "method": .enumeration(
                "RaftSnapshot (the default) stores everything that raft storage has; KeyValueExport the secrets of KV mounts with their versions.",
                Method.allCases.map(\.rawValue)),
            "paths": .atomicList(
                "Of a KeyValueExport: mounts (secret), folders in them (secret/team) or secrets. All KV mounts when absent.",
                maxItems: 64,
                .string("As in bao kv get, without data/.", pattern: "^[^/\\s].*$", maxLength: 512)),
        ]
    ).rule(
        "!has(self.paths) || (has(self.method) && self.method == 'KeyValueExport')",
        "vault.paths: only a KeyValueExport has them"
    ).rule(
        "[has(self.tokenSecret), has(self.tokenFile), has(self.kubernetesAuth)].filter(x, x).size() == 1",
        "vault needs exactly one of tokenSecret, tokenFile and kubernetesAuth")
}

extension VaultTarget {
    static let schema = Schema.object(
        "Another server than the policy's.",
        [
            "address": .vaultAddress.required, "namespace": .vaultNamespace,
            "caSecret": .secret(
                "The Secret with the certificates that the server's is checked against.", key: "ca.crt"),
        ])
}

extension VaultCanaryReference {
    static let schema = Schema.object(
        "A secret whose value has no worth, read to prove that the others can be. A salted digest of it is in the backup's manifest.",
        [
            "path": .string(
                "As the API has it: secret/data/canary for KV version 2.", pattern: "^[^/\\s].*$", maxLength: 512
            ).required,
            "key": .string("One key of the secret; the whole when absent."),
        ])
}

extension VaultVerification {
    static let schema = Schema.object(
        "What proves a Vault's backup beyond its checksums: it is restored into a scratch server and unsealed.",
        [
            "unsealKeysSecret": .unsealKeys.required,
            "tokenSecret": .secret(
                "The Secret with a token of the protected cluster. Without it one is made from the unseal keys, in the scratch server.",
                key: "token"),
            "canary": VaultCanaryReference.schema,
        ])
}

extension Schema {
    static var vaultAddress: Schema {
        string(
            "https://HOST:PORT of a node, or of what leads to the active one; http only for this machine itself.",
            pattern: "^https?://[^@\\s?#/]+(/[^@\\s?#]*)?$", maxLength: 2048)
    }

    static var vaultNamespace: Schema {
        string("The namespace of Vault Enterprise or OpenBao; none when absent.", pattern: "^[^\\s]+$", maxLength: 256)
    }

    /// All values of a Secret, or one.
    static var unsealKeys: Schema {
        object(
            "The Secret with the unseal keys of the cluster that was backed up, one a value or one a line.",
            [
                "name": objectName("The Secret's name, in the same namespace.").required,
                "key": string("The key in the Secret; all of them when absent.", pattern: "^[-._a-zA-Z0-9]+$"),
            ])
    }
}
