import BackupArchive
import Foundation

extension VaultSystem {
    /// A line of JSON for every mount, secret and version.
    public static let export = "kv.jsonl"

    func exportKeyValues(into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void) async throws
        -> BackupRecord
    {
        progress("asking the server")
        return try await VaultSession.with(server, now: now) { session in
            let status = try await session.client.sealStatus()
            try Self.check(status, method)
            var fingerprint = VaultFingerprint(method: method, status: status, key: nil)
            // Whatever was written before this instant is in the export, but for what was deleted since.
            let recoveryPoint = now()
            progress("storing the secrets")
            let walk = KeyValueWalk(client: session.client, paths: paths, now: now)
            let tally = try await sink.store(Self.export) { write in
                var tally = KeyValueTally()
                try await walk.run { line in
                    try tally.add(line)
                    try await write(try line.text + [0x0a])
                }
                return tally
            }
            let after = try await session.client.sealStatus()
            guard after.clusterID == status.clusterID else {
                throw VaultError(
                    .exportFailed, "the server became another cluster while it was backed up", isRetriable: true)
            }
            fingerprint.mounts = tally.mounts
            fingerprint.digest = tally.digest
            var warnings = session.warnings
            if tally.mounts.isEmpty { warnings.append("no KV mount was found: the backup holds no secret") }
            if tally.deleted > 0 {
                warnings.append(
                    "\(tally.deleted) deleted versions are recorded without their data, which the server shows to nobody"
                )
            }
            return BackupRecord(
                recoveryPoint: recoveryPoint, serverVersion: status.version,
                counts: ["mounts": Int64(tally.mounts.count), "secrets": tally.secrets, "versions": tally.versions],
                fingerprint: try fingerprint.canonicalJSON, warnings: warnings, credential: session.credential)
        }
    }

    func verifyKeyValues(
        _ backup: Manifest, _ expected: VaultFingerprint, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let artifact = try backup.artifact(Self.export)
        progress("reading the export")
        let tally = try await KeyValueReader.tally(artifact, from: source)
        guard tally.digest == expected.digest, tally.mounts == expected.mounts else {
            throw VerificationFailure(check: "lines", "the export is not the one that was recorded: its lines differ")
        }
        progress("starting a scratch server")
        return try await ScratchVault.with(in: scratch, version: expected.version) { vault in
            try await VaultClient.with(vault.server) { client in
                let keys = try await client.initialise(shares: 1, threshold: 1)
                try await client.unseal(UnsealKeys(keys: keys.keys))
                try await client.waitUntilActive()
                let client = client.with(token: keys.token)
                progress("restoring into it")
                let restore = KeyValueRestore(
                    client: client, strategy: .intoEmpty, mounts: [:], isScratch: true, progress: progress)
                do { _ = try await restore.run(artifact, from: source) } catch let error as VaultError {
                    throw ScratchVault.judged(error)
                }
                progress("comparing")
                var restored = KeyValueTally()
                let paths = expected.mounts ?? []
                if !paths.isEmpty {
                    try await KeyValueWalk(client: client, paths: paths, now: now).run { try restored.add($0) }
                }
                guard restored.restorableDigest == tally.restorableDigest else {
                    throw VerificationFailure(
                        check: "secrets", "restored into a scratch server, the secrets are not what they were")
                }
                return VerificationReport(checks: [
                    .init("lines", "they are those that were recorded, complete"),
                    .init(
                        "restore",
                        "a scratch server took \(tally.secrets) secrets with \(tally.versions) versions in \(tally.mounts.count) mounts"
                    ),
                    .init("secrets", "read again, every mount, secret and version is the same"),
                ])
            }
        }
    }
}
