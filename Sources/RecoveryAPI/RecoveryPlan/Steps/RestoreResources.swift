public import KubernetesModel

extension Step {
    public struct RestoreResources: Codable, Sendable, Hashable {
        public enum ConflictRule: String, Codable, Sendable, Hashable, CaseIterable {
            /// Nothing is written when others manage fields that would change. The default.
            case fail = "Fail"
            /// Such fields are taken over.
            case overwrite = "Overwrite"
            /// Such objects are left as they are.
            case skip = "Skip"
        }

        public struct Namespace: Codable, Sendable, Hashable {
            /// The backup's.
            public var from: String
            /// The same when absent.
            public var to: String?
        }

        /// The policy whose backups are restored.
        public var policy: String
        public var to: RecoveryTarget?
        /// All of the backup when absent.
        public var namespaces: [Namespace]?
        public var kinds: [String]?
        public var labelSelector: LabelQuery?
        public var conflict: ConflictRule?
    }
}

extension Step.RestoreResources {
    static let schema = Schema.object(
        "Applies the objects of a backup, in the order in which they need each other, after a dry run of all of them. Nothing is ever deleted.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "to": .recoveryTarget,
            "namespaces": .list(
                "Only these of the backup's namespaces, and under which names they come back; all when absent.",
                keys: ["from"], maxItems: 64,
                .object(
                    "One namespace.",
                    [
                        "from": .label("Its name in the backup.").required,
                        "to": .label(
                            "Its name now; the same when absent. Only the plan's own, unless the operator's --cross-namespace-from names that."
                        ),
                    ])),
            "kinds": .kinds("Only these of the backup's kinds: ConfigMap, deployments.apps."),
            "labelSelector": .labelQuery("Only objects with these labels."),
            "conflict": .enumeration(
                "What happens where others manage fields that would change: Fail (the default) writes nothing and lists them, Overwrite takes them over, Skip leaves these objects as they are.",
                ConflictRule.allCases.map(\.rawValue)),
        ])
}
