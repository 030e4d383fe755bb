import BackupArchive
import Foundation
import KubernetesModel
import KubernetesResourcesProtection
import RecoveryAPI

/// Applies the objects of a policy's backup.
enum RestoreResourcesStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restoreResources else {
            throw StepError("no restoreResources", isRetriable: false)
        }
        let chosen = try await ChosenBackup.find(
            policy: wanted.policy, to: wanted.to, field: "restoreResources", context)
        guard chosen.manifest.kind == ResourcesSystem.kind else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of kubernetes", isRetriable: false)
        }
        let reader = try await chosen.reader(context)
        let namespaces = wanted.namespaces.map { list in
            Dictionary(list.map { ($0.from, $0.to ?? $0.from) }) { _, last in last }
        }
        let restore = ResourceRestore(
            client: context.client, namespace: context.namespace, reach: context.resolver.reach)
        // Done again, it finds the objects that it has written as they should be.
        let report = try await Poll.through(context) {
            try await restore.run(
                chosen.manifest, from: reader,
                options: .init(
                    namespaces: namespaces, kinds: wanted.kinds, labels: wanted.labelSelector,
                    conflict: rule(wanted.conflict)),
                dryRun: context.isDryRun, progress: context.progress)
        }
        return result(report, of: chosen.manifest, isDryRun: context.isDryRun)
    }

    private static func rule(_ rule: Step.RestoreResources.ConflictRule?) -> ResourceRestore.ConflictRule {
        switch rule {
        case .overwrite: .overwrite
        case .skip: .skip
        case .fail, nil: .fail
        }
    }

    static func result(_ report: ResourceRestore.Report, of backup: Manifest, isDryRun: Bool) -> StepResult {
        let point = Timestamp.format(backup.recoveryPoint)
        var outputs = [
            "backup": backup.backup, "recoveryPoint": point, "created": String(report.created),
            "updated": String(report.updated),
            "unchanged": String(report.unchanged), "skipped": String(report.skipped),
            "withMore": String(report.withMore),
        ]
        outputs["extra"] = report.extra.map(String.init)
        var parts = ["\(report.created) created, \(report.updated) updated, \(report.unchanged) unchanged"]
        if report.skipped > 0 { parts.append("\(report.skipped) left as they are because of conflicts") }
        if let extra = report.extra, extra > 0 { parts.append("\(extra) that are not in the backup were left alone") }
        if report.withMore > 0 { parts.append("\(report.withMore) keep fields that the backup does not have") }
        parts += report.notes.prefix(10)
        let verb = isDryRun ? "would restore" : "restored"
        return StepResult(
            message: "\(verb) the objects of \(backup.backup) as of \(point): \(parts.joined(separator: "; "))",
            outputs: outputs)
    }
}
