import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import VaultProtection

/// Brings a Vault back from a policy's backups.
enum RestoreVaultStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restoreVault else { throw StepError("no restoreVault", isRetriable: false) }
        let chosen = try await ChosenBackup.find(policy: wanted.policy, to: wanted.to, field: "restoreVault", context)
        guard chosen.manifest.kind == VaultSystem.kind, let source = chosen.policy.spec.source.vault else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of vault", isRetriable: false)
        }
        let target =
            wanted.target
            ?? VaultTarget(address: source.address, namespace: source.namespace, caSecret: source.caSecret)
        let server = try await context.resolver.vault(
            target, namespace: context.namespace,
            field: wanted.target == nil ? "spec.source.vault" : "restoreVault.target")
        let keys = try await context.resolver.unsealKeys(
            wanted.unsealKeysSecret, namespace: context.namespace, field: "restoreVault.unsealKeysSecret")
        let fingerprint = try VaultSystem.fingerprint(of: chosen.manifest)
        guard fingerprint.method == .raftSnapshot else {
            throw StepError(
                "the backup \(chosen.manifest.backup) is a KeyValueExport; restoreVaultKV brings it back",
                isRetriable: false)
        }
        let point = Timestamp.format(chosen.manifest.recoveryPoint)
        if context.isDryRun {
            try keys.check(against: chosen.manifest)
            return StepResult(
                message:
                    "would restore \(chosen.manifest.backup) of \(point) into \(target.address); it is opened by \(fingerprint.keysInWords)"
            )
        }
        context.progress(
            "restoring \(chosen.manifest.backup) of \(point), which is opened by \(fingerprint.keysInWords)")
        var token: String?
        if let reference = wanted.tokenSecret {
            token = try await context.resolver.secret(
                reference, key: "token", namespace: context.namespace, field: "restoreVault.tokenSecret"
            )
            .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let report = try await VaultRestore(
            chosen.manifest, from: try await chosen.reader(context), to: server, keys: keys, token: token,
            mayInitialise: wanted.initialise ?? false,
            canary: wanted.canary.map { VaultCanary(path: $0.path, key: $0.key) },
            identity: context.identity, journal: SecretJournal(context), progress: context.progress,
            reached: { context.reached("vault-\($0.replacing(" ", with: "-"))") }
        ).run()
        return StepResult(
            message: "the Vault is back as of \(point): \(report.notes.joined(separator: ", "))",
            outputs: [
                "backup": chosen.manifest.backup, "recoveryPoint": point, "cluster": report.cluster,
                "version": report.version,
            ])
    }
}

/// Unseals one node.
enum UnsealVaultStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.unsealVault else { throw StepError("no unsealVault", isRetriable: false) }
        let server = try await context.resolver.vault(
            wanted.target, namespace: context.namespace, field: "unsealVault.target")
        let keys = try await context.resolver.unsealKeys(
            wanted.unsealKeysSecret, namespace: context.namespace, field: "unsealVault.unsealKeysSecret")
        if context.isDryRun { return StepResult(message: "would unseal \(wanted.target.address)") }
        let had = try await server.unseal(with: keys)
        return StepResult(
            message: had ? "\(wanted.target.address) is unsealed" : "\(wanted.target.address) was unsealed already")
    }
}

/// Keeps the state of a restore in a Secret, named by the step's identity: a run that goes on under another object finds it.
/// While it may hold the keys of a new server it belongs to nobody, and outlives its run; once the restore is done it says so
/// until the run is deleted.
struct SecretJournal: VaultRestoreJournal {
    private let resolver: Resolver
    private let namespace: String
    private let name: String
    private let owner: OwnerReference?

    init(_ context: StepContext) {
        resolver = context.resolver
        namespace = context.namespace
        name = "dr-restore-vault-\(context.identity)"
        owner = context.owner
    }

    func load() async throws -> VaultRestoreState? {
        guard
            let data = try await resolver.persist({
                try await resolver.client.getIfPresent(Secret.self, name, namespace: namespace)
            })?.data?["state"]
        else { return nil }
        return try JSONDecoder().decode(VaultRestoreState.self, from: data)
    }

    func save(_ state: VaultRestoreState) async throws { try await resolver.persist { try await write(state) } }

    /// Looks first: done again, it finds what it has written.
    private func write(_ state: VaultRestoreState) async throws {
        let known = try await resolver.client.getIfPresent(Secret.self, name, namespace: namespace)
        var secret =
            known
            ?? Secret(
                metadata: ObjectMeta(name: name, namespace: namespace, labels: ["app.kubernetes.io/managed-by": "dr"]))
        secret.data = ["state": try JSONEncoder().encode(state)]
        secret.metadata.ownerReferences = state.isDone ? owner.map { [$0] } : nil
        if known == nil {
            _ = try await resolver.client.create(secret)
        } else {
            _ = try await resolver.client.update(secret)
        }
    }
}
