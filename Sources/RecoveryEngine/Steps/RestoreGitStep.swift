import BackupArchive
import Foundation
import GitProtection
import KubernetesModel
import RecoveryAPI

/// Brings a repository back from a policy's backups.
enum RestoreGitStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restoreGit else { throw StepError("no restoreGit", isRetriable: false) }
        let chosen = try await ChosenBackup.find(policy: wanted.policy, to: wanted.to, field: "restoreGit", context)
        guard chosen.manifest.kind == GitSystem.kind, let source = wanted.target ?? chosen.policy.spec.source.git else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of git", isRetriable: false)
        }
        let field = wanted.target == nil ? "spec.source.git" : "restoreGit.target"
        let remote = try await context.resolver.git(source, namespace: context.namespace, field: field)
        let point = Timestamp.format(chosen.manifest.recoveryPoint)
        if context.isDryRun {
            return StepResult(
                message:
                    "would restore \(chosen.manifest.backup) of \(point), \(chosen.manifest.contents), into \(source.url)"
            )
        }
        let reader = try await chosen.reader(context)
        let report = try await ScratchFolder.with(in: context.resolver.cache) { scratch in
            try await GitRestore.run(
                chosen.manifest, from: reader, to: remote,
                strategy: wanted.strategy == .overwrite ? .overwrite : .intoEmpty,
                token: context.identity, scratch: scratch, progress: context.progress)
        }
        var message = "the repository is back as of \(point): \(report.refs) refs, checked"
        if report.kept > 0 {
            message += "; \(report.kept) refs that were there are kept as refs/dr-damaged/\(context.identity)/…"
        }
        for note in report.notes { message += "; note: \(note)" }
        return StepResult(
            message: message,
            outputs: [
                "backup": chosen.manifest.backup, "recoveryPoint": point, "refs": String(report.refs),
                "kept": String(report.kept),
            ])
    }
}
