import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI
import VaultProtection

/// Writes the secrets of a policy's KeyValueExport back.
enum RestoreVaultKVStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restoreVaultKV else { throw StepError("no restoreVaultKV", isRetriable: false) }
        let chosen = try await ChosenBackup.find(policy: wanted.policy, to: wanted.to, field: "restoreVaultKV", context)
        guard chosen.manifest.kind == VaultSystem.kind, let source = chosen.policy.spec.source.vault else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of vault", isRetriable: false)
        }
        let backup = chosen.manifest.backup
        guard try VaultSystem.fingerprint(of: chosen.manifest).method == .keyValueExport else {
            throw StepError("the backup \(backup) is a RaftSnapshot; restoreVault brings it back", isRetriable: false)
        }
        var server: VaultServer
        if let target = wanted.target {
            server = try await context.resolver.vault(
                target, namespace: context.namespace, field: "restoreVaultKV.target")
        } else {
            server = try await context.resolver.vault(source, namespace: context.namespace, field: "spec.source.vault")
        }
        if let reference = wanted.tokenSecret {
            server.login = .token(
                try await context.resolver.secret(
                    reference, key: "token", namespace: context.namespace, field: "restoreVaultKV.tokenSecret"))
        }
        let strategy: VaultKeyValues.Strategy = wanted.strategy == .overwrite ? .overwrite : .intoEmpty
        let point = Timestamp.format(chosen.manifest.recoveryPoint)
        let mounts = Dictionary((wanted.mounts ?? []).map { ($0.from, $0.to) }, uniquingKeysWith: { $1 })
        let report = try await VaultKeyValues.restore(
            chosen.manifest, from: try await chosen.reader(context), to: server, strategy: strategy, mounts: mounts,
            isDryRun: context.isDryRun,
            progress: context.progress, reached: { context.reached("vault-kv-\($0)") })
        if context.isDryRun {
            return StepResult(
                message: "would write \(chosen.manifest.contents) of \(backup) of \(point) into \(server.address)")
        }
        return StepResult(
            message:
                "\(report.secrets) secrets are as of \(point) in \(report.mounts.joined(separator: ", ")): \(report.written) were written, \(report.replaced) of them in the place of others",
            outputs: ["backup": backup, "recoveryPoint": point, "secrets": "\(report.secrets)"])
    }
}
