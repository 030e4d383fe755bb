public import BackupArchive
public import Foundation
import Processes

extension VaultSystem {
    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
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
            throw VerificationFailure(
                check: "members", "the snapshot is not the one that was recorded: its files differ")
        }
        var checks: [VerificationReport.Check] = [
            .init("snapshot", "\(found.members.count) files, complete and as its SHA256SUMS says"),
            .init("members", "they are those that were recorded, of raft index \(found.index ?? 0)"),
            .init("keys", "\(expected.keysInWords) open it"),
        ]
        guard let proof = try await self.proof() else {
            return Self.report(
                &checks, unproven: "unseal",
                "it was not restored: set spec.verification.vault.unsealKeysSecret, so that a scratch server can be opened with the keys"
            )
        }
        guard expected.seal.type == "shamir" else {
            return Self.report(
                &checks, unproven: "unseal",
                "it was not restored: it is sealed by \(expected.seal.type), which a scratch server has no access to; take a second "
                    + "policy with spec.source.vault.method: KeyValueExport, which is proven without the seal")
        }
        checks += try await prove(artifact, expected, proof, from: source, scratch: scratch, progress: progress)
        guard expected.canary != nil || proof.canary != nil else {
            return Self.report(
                &checks, unproven: "canary",
                "it was restored and opened, and no secret of it was read: let spec.verification.vault.canary name one")
        }
        return VerificationReport(checks: checks)
    }

    private static func report(_ checks: inout [VerificationReport.Check], unproven name: String, _ missing: String)
        -> VerificationReport
    {
        checks.append(.init(name, "NOT PROVEN: \(missing)"))
        return VerificationReport(checks: checks, level: .checked(missing: missing))
    }

    private func prove(
        _ artifact: NamedArtifact, _ expected: VaultFingerprint, _ proof: Proof, from source: any ArtifactSource,
        scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> [VerificationReport.Check] {
        try proof.unsealKeys.check(for: expected)
        progress("starting a scratch server")
        return try await ScratchVault.with(in: scratch, version: expected.version) { vault in
            try await VaultClient.with(vault.server) { client in
                // The server keeps the number of shares that it was initialised with in memory: with another one it would
                // put the backup's keys together wrongly.
                let throwaway = try await client.initialise(
                    shares: expected.seal.shares, threshold: expected.seal.threshold)
                try await client.unseal(UnsealKeys(keys: throwaway.keys))
                try await client.waitUntilActive()
                progress("restoring into it")
                let tookHold: Bool
                do {
                    tookHold = try await client.with(token: throwaway.token).restore(
                        artifact, from: source, within: .seconds(120))
                } catch let error as VaultError { throw ScratchVault.judged(error) }
                // Unsealing it now would say that the keys are wrong, of a backup that may be good.
                guard tookHold else {
                    throw VaultError(
                        .scratchServer,
                        "the scratch server accepted the snapshot and did not take it over within two minutes",
                        field: "verification",
                        isRetriable: true)
                }
                progress("unsealing it")
                do { try await client.unseal(proof.unsealKeys) } catch let error as VaultError
                    where error.code == .unsealKeys
                {
                    // The snapshot is the one that was recorded: it is the keys that are others, as after a rekey.
                    throw VaultError(
                        .unsealKeys, "the given unseal keys do not open this backup, which says nothing against it",
                        field: "verification.vault.unsealKeysSecret",
                        mend: "give \(expected.keysInWords); after a rekey that is those from before it")
                }
                try await client.waitUntilActive()
                var checks = [
                    VerificationReport.Check("unseal", "a scratch server restored it, and the given keys opened it")
                ]
                let status = try await client.sealStatus()
                guard status.clusterID == expected.cluster.id else {
                    throw VerificationFailure(
                        check: "cluster",
                        "the restored server is the cluster \(status.clusterID ?? "none") instead of \(expected.cluster.id)"
                    )
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
        if let given = proof.token {
            token = given
        } else {
            token = try await client.generateRootToken(proof.unsealKeys, threshold: status.threshold)
        }
        let client = client.with(token: token)
        var checks: [VerificationReport.Check] = []
        if let wanted = expected.key {
            let key = try await client.keyStatus()
            guard key == wanted else {
                throw VerificationFailure(
                    check: "key", "the encryption key has the term \(key.term) instead of \(wanted.term)")
            }
            checks.append(.init("key", "its encryption key has the recorded term \(key.term)"))
        }
        guard let canary = expected.canary.map({ VaultCanary(path: $0.path, key: $0.key) }) ?? proof.canary else {
            return checks
        }
        do {
            guard let recorded = expected.canary else {
                _ = try await canary.digest(client, salt: "")
                checks.append(
                    .init(
                        "canary", "the secret \(canary.path) can be read; the backup recorded none to compare it with"))
                return checks
            }
            guard try await canary.digest(client, salt: recorded.salt) == recorded.digest else {
                throw VerificationFailure(check: "canary", "the secret \(canary.path) is not what it was")
            }
        } catch let error as VaultError where error.code == .notFound && expected.canary != nil {
            // Where the backup recorded none, it is the field that names one which came later.
            throw VerificationFailure(check: "canary", error.message)
        }
        checks.append(.init("canary", "the secret \(canary.path) has the value that it had"))
        return checks
    }
}
