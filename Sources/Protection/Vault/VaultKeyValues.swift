public import BackupArchive

/// Brings the secrets of a KeyValueExport back into a running, unsealed server.
public enum VaultKeyValues {
    public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
        /// Nothing is written where a secret is there that is not what the backup has.
        case intoEmpty = "IntoEmpty"
        /// Such a secret is replaced, with all its versions. One that the backup does not have stays.
        case overwrite = "Overwrite"
    }

    public struct Report: Sendable, Hashable {
        public var mounts: [String] = []
        public var secrets = 0
        /// Secrets that were not there, or not whole, or others.
        public var written = 0
        /// Others that were there before.
        public var replaced = 0
    }

    /// Killed anywhere, the same call ends in the same state.
    ///
    /// - Parameter mounts: Where a mount goes that shall not go back to its own: `["secret": "restored"]`.
    /// - Parameter isDryRun: Only looks whether it can be done.
    /// - Throws: ``VaultError``, `ArchiveError`, `VerificationFailure`.
    public static func restore(
        _ backup: Manifest, from source: any ArtifactSource, to server: VaultServer, strategy: Strategy,
        mounts: [String: String] = [:],
        isDryRun: Bool = false, progress: @escaping @Sendable (String) -> Void,
        reached: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        let artifact = try backup.artifact(VaultSystem.export)
        return try await VaultSession.with(server) { session in
            var restore = KeyValueRestore(
                client: session.client, strategy: strategy, mounts: mounts, progress: progress)
            restore.reached = reached
            guard !isDryRun else {
                try await restore.check(artifact, from: source)
                return Report()
            }
            return try await restore.run(artifact, from: source)
        }
    }
}
