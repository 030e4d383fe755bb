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
                "Initialises a server that is not initialised, with keys that are thrown away when the backup's take their place."),
            "canary": VaultCanaryReference.schema,
        ])
}

extension Step.UnsealVault {
    static let schema = Schema.object(
        "Unseals the node that the address leads to. One step for each node of a cluster.",
        ["target": VaultTarget.schema.required, "unsealKeysSecret": .unsealKeys.required])
}
