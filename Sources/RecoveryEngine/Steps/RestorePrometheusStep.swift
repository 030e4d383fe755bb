import BackupArchive
import KubernetesModel
import PrometheusProtection
import RecoveryAPI

/// Puts the blocks of a policy's backup back.
enum RestorePrometheusStep {
    static func run(_ context: StepContext) async throws -> StepResult {
        guard let wanted = context.step.restorePrometheus else {
            throw StepError("no restorePrometheus", isRetriable: false)
        }
        let chosen = try await ChosenBackup.find(
            policy: wanted.policy, to: wanted.to, field: "restorePrometheus", context)
        guard chosen.manifest.kind == PrometheusSystem.kind,
            let folder = wanted.dataDirectory ?? chosen.policy.spec.source.prometheus?.dataDirectory
        else {
            throw StepError("the BackupPolicy \"\(chosen.policy.name)\" is not one of prometheus", isRetriable: false)
        }
        var server: PrometheusServer?
        if let url = wanted.url {
            server = try await context.resolver.prometheus(
                url: url, caSecret: wanted.caSecret, credentialsSecret: wanted.credentialsSecret,
                namespace: context.namespace,
                field: "restorePrometheus")
        }
        let point = Timestamp.format(chosen.manifest.recoveryPoint)
        if context.isDryRun {
            return StepResult(
                message:
                    "would restore \(chosen.manifest.backup) of \(point), \(chosen.manifest.contents), into \(folder)")
        }
        let report = try await PrometheusRestore.run(
            chosen.manifest, from: try await chosen.reader(context), dataDirectory: folder, server: server,
            progress: context.progress)
        let counts = "\(report.restored) blocks restored, \(report.present) were there"
        var message: String
        if let compared = report.compared {
            message =
                "the metrics are back as of \(point): \(counts); the server answers all \(compared) queries with them"
        } else if server == nil {
            // Nobody has seen the metrics.
            message =
                "the blocks as of \(point) are in \(folder): \(counts); no server was asked for them: give restorePrometheus.url"
        } else {
            message =
                "the blocks as of \(point) are in \(folder): \(counts); the backup recorded no query to ask the server"
        }
        for warning in report.warnings { message += "; warning: \(warning)" }
        return StepResult(
            message: message,
            outputs: [
                "backup": chosen.manifest.backup, "recoveryPoint": point, "blocks": String(report.restored),
                "present": String(report.present),
            ])
    }
}
