extension Step {
    public struct RestoreVault: Codable, Sendable, Hashable {
        /// The policy whose backups are restored.
        public var policy: String
        public var to: RecoveryTarget?
        /// Another server than the one that was backed up.
        public var target: VaultTarget?
        /// All of its values are unseal keys, unless one is named.
        public var unsealKeysSecret: SecretReference
        /// Key `token`.
        public var tokenSecret: SecretReference?
        /// Initialises a server that is not.
        public var initialise: Bool?
        public var canary: VaultCanaryReference?
    }

    public struct RestoreVaultKV: Codable, Sendable, Hashable {
        public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
            /// Writes nothing where a secret is there that is not what the backup has. The default.
            case intoEmpty = "IntoEmpty"
            /// Replaces such a secret with all its versions.
            case overwrite = "Overwrite"
        }

        /// Another place for a mount. Both without a slash at the end.
        public struct Mount: Codable, Sendable, Hashable {
            public var from: String
            public var to: String
        }

        /// The policy whose backups are restored.
        public var policy: String
        public var to: RecoveryTarget?
        /// Another server than the one that was backed up.
        public var target: VaultTarget?
        /// Key `token`.
        public var tokenSecret: SecretReference?
        public var strategy: Strategy?
        public var mounts: [Mount]?
    }

    public struct UnsealVault: Codable, Sendable, Hashable {
        public var target: VaultTarget
        /// All of its values are unseal keys, unless one is named.
        public var unsealKeysSecret: SecretReference
    }
}

extension Step.RestoreVault {
    static let schema = Schema.object(
        "Puts a snapshot back into a running Vault, and unseals it with the keys that the backup has. Everything that the server holds is replaced.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "to": .recoveryTarget,
            "target": VaultTarget.schema,
            "unsealKeysSecret": .unsealKeys.required,
            "tokenSecret": .secret(
                "The Secret with a token: of the server as it is, needed unless the restore initialises it; tried again afterwards, to read the canary.",
                key: "token"),
            "initialise": .boolean(
                "Initialises a server that is not initialised, with keys that are thrown away when the backup's take their place."
            ),
            "canary": VaultCanaryReference.schema,
        ])
}

extension Step.RestoreVaultKV {
    static let schema = Schema.object(
        "Writes the secrets of a KeyValueExport back into a running Vault: every version in order, with its number.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "to": .recoveryTarget,
            "target": VaultTarget.schema,
            "tokenSecret": .secret(
                "The Secret with a token that may write there; the policy's login when absent, needed with target.",
                key: "token"),
            "strategy": .enumeration(
                "IntoEmpty (the default) writes nothing where a secret is there that is not what the backup has; Overwrite replaces such a secret with all its versions. A secret that the backup does not have stays.",
                Strategy.allCases.map(\.rawValue)),
            "mounts": .list(
                "Mounts that are restored elsewhere; a mount that is not there is made.", keys: ["from"], maxItems: 64,
                .object(
                    "One mount.",
                    [
                        "from": .string(
                            "As it was backed up, without a slash at the end: secret.",
                            pattern: "^[^/\\s]([^\\s]*[^/\\s])?$"
                        ).required,
                        "to": .string("Where it goes.", pattern: "^[^/\\s]([^\\s]*[^/\\s])?$").required,
                    ])),
        ]
    ).rule(
        "!has(self.target) || has(self.tokenSecret)",
        "restoreVaultKV.tokenSecret: another server needs a token of its own")
}

extension Step.UnsealVault {
    static let schema = Schema.object(
        "Unseals the node that the address leads to. One step for each node of a cluster.",
        ["target": VaultTarget.schema.required, "unsealKeysSecret": .unsealKeys.required])
}
