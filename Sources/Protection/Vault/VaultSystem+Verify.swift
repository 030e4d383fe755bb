public import BackupArchive
public import Foundation
import Processes

extension VaultSystem {
    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL, progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let expected = try Self.fingerprint(of: backup)
        if expected.method == .keyValueExport {
            return try await verifyKeyValues(backup, expected, from: source, scratch: scratch, progress: progress)
        }
        let artifact = try backup.artifact(Self.artifact)
        progress("reading the snapshot")
        let found: SnapshotInspection
        do {
            found = try await source.read(artifact) { pieces in
                try await SnapshotInspection.run { look in for try await piece in pieces { try await look(piece) } }
            }
        } catch let error as VaultError where error.code == .incompleteSnapshot {
            throw VerificationFailure(check: "snapshot", error.message)
        }
        guard found.members == expected.members, found.index == expected.index else {
            throw VerificationFailure(check: "members", "the snapshot is not the one that was recorded: its files differ")
        }
        var checks: [VerificationReport.Check] = [
            .init("snapshot", "\(found.members.count) files, complete and as its SHA256SUMS says"),
            .init("members", "they are those that were recorded, of raft index \(found.index ?? 0)"),
            .init("keys", "\(expected.keysInWords) open it"),
        ]
        guard let proof = try await self.proof() else {
            checks.append(.init("unseal", "NOT PROVEN: without spec.verification.vault.unsealKeysSecret nobody tried whether the keys open it"))
            return VerificationReport(checks: checks)
        }
        guard expected.seal.type == "shamir" else {
            checks.append(.init("unseal", "NOT PROVEN: it is sealed by \(expected.seal.type), which a scratch server has no access to"))
            return VerificationReport(checks: checks)
        }
        checks += try await prove(artifact, expected, proof, from: source, scratch: scratch, progress: progress)
        return VerificationReport(checks: checks)
    }

    private func prove(
        _ artifact: NamedArtifact, _ expected: VaultFingerprint, _ proof: Proof, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> [VerificationReport.Check] {
        try proof.unsealKeys.check(for: expected)
        progress("starting a scratch server")
        return try await ScratchVault.with(in: scratch, version: expected.version) { vault in
            try await VaultClient.with(vault.server) { client in
                // The server keeps the number of shares that it was initialised with in memory: with another one it would
                // put the backup's keys together wrongly.
                let throwaway = try await client.initialise(shares: expected.seal.shares, threshold: expected.seal.threshold)
                try await client.unseal(UnsealKeys(keys: throwaway.keys))
                try await client.waitUntilActive()
                progress("restoring into it")
                let tookHold: Bool
                do {
                    tookHold = try await client.with(token: throwaway.token).restore(artifact, from: source, within: .seconds(120))
                } catch let error as VaultError where error.code == .serverError { throw VerificationFailure(check: "restore", error.message) }
                // Unsealing it now would say that the keys are wrong, of a backup that may be good.
                guard tookHold else {
                    throw VaultError(
                        .scratchServer, "the scratch server accepted the snapshot and did not take it over within two minutes", field: "verification",
                        isRetriable: true)
                }
                progress("unsealing it")
                do { try await client.unseal(proof.unsealKeys) } catch let error as VaultError where error.code == .unsealKeys {
                    throw VerificationFailure(check: "unseal", "the given unseal keys do not open the backup; give \(expected.keysInWords)")
                }
                try await client.waitUntilActive()
                var checks = [VerificationReport.Check("unseal", "a scratch server restored it, and the given keys opened it")]
                let status = try await client.sealStatus()
                guard status.clusterID == expected.cluster.id else {
                    throw VerificationFailure(check: "cluster", "the restored server is the cluster \(status.clusterID ?? "none") instead of \(expected.cluster.id)")
                }
                checks.append(.init("cluster", "it is the cluster \(expected.cluster.id)"))
                return try await checks + self.secrets(client, expected, proof, status)
            }
        }
    }

    /// What needs a token.
    private func secrets(
        _ client: VaultClient, _ expected: VaultFingerprint, _ proof: Proof, _ status: SealStatus
    ) async throws -> [VerificationReport.Check] {
        let token: String
        if let given = proof.token { token = given } else { token = try await client.generateRootToken(proof.unsealKeys, threshold: status.threshold) }
        let client = client.with(token: token)
        var checks: [VerificationReport.Check] = []
        if let wanted = expected.key {
            let key = try await client.keyStatus()
            guard key == wanted else {
                throw VerificationFailure(check: "key", "the encryption key has the term \(key.term) instead of \(wanted.term)")
            }
            checks.append(.init("key", "its encryption key has the recorded term \(key.term)"))
        }
        guard let canary = expected.canary.map({ VaultCanary(path: $0.path, key: $0.key) }) ?? proof.canary else {
            checks.append(.init("canary", "NOT PROVEN: no secret was read, since spec.verification.vault.canary names none"))
            return checks
        }
        do {
            guard let recorded = expected.canary else {
                _ = try await canary.digest(client, salt: "")
                checks.append(.init("canary", "the secret \(canary.path) can be read; the backup recorded none to compare it with"))
                return checks
            }
            guard try await canary.digest(client, salt: recorded.salt) == recorded.digest else {
                throw VerificationFailure(check: "canary", "the secret \(canary.path) is not what it was")
            }
        } catch let error as VaultError where error.code == .notFound { throw VerificationFailure(check: "canary", error.message) }
        checks.append(.init("canary", "the secret \(canary.path) has the value that it had"))
        return checks
    }
}
