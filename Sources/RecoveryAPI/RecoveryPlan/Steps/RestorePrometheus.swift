extension Step {
    public struct RestorePrometheus: Codable, Sendable, Hashable {
        /// The policy whose backups are restored.
        public var policy: String
        public var to: RecoveryTarget?
        /// The policy's when absent.
        public var dataDirectory: String?
        /// Of the server over that folder: where given, the step waits until it serves the restored samples.
        public var url: String?
        public var caSecret: SecretReference?
        public var credentialsSecret: ObjectReference?
    }
}

extension Step.RestorePrometheus {
    static let schema = Schema.object(
        "Puts the blocks of a Prometheus backup back into a data folder; what is there is not touched.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "to": .recoveryTarget,
            "dataDirectory": PrometheusSource.directorySchema,
            "url": .string(
                "The server over that folder. Where given, the step ends when it serves the restored samples, which takes up to a minute.",
                pattern: "^https?://[^/@?#\\s][^@?#\\s]*$", maxLength: 2048),
            "caSecret": PrometheusSource.authoritySchema,
            "credentialsSecret": PrometheusSource.credentialsSchema,
        ])
}
