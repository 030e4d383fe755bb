extension Step {
    public struct RestoreGit: Codable, Sendable, Hashable {
        public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
            /// Only into a repository without refs. The default.
            case intoEmpty = "IntoEmpty"
            /// Every ref becomes what it was; what was there is kept under `refs/dr-damaged/`.
            case overwrite = "Overwrite"
        }

        /// The policy whose backups are restored.
        public var policy: String
        public var to: RecoveryTarget?
        public var strategy: Strategy?
        /// Another repository than the one that was backed up.
        public var target: GitSource?
    }
}

extension Step.RestoreGit {
    static let schema = Schema.object(
        "Pushes a repository back as a backup has it: every ref, checked with fsck before the push.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "to": .recoveryTarget,
            "strategy": .enumeration(
                "IntoEmpty (the default) fills a repository without refs; Overwrite makes every ref what it was and keeps what was there as refs/dr-damaged/….",
                Strategy.allCases.map(\.rawValue)),
            "target": GitSource.schema,
        ])
}
