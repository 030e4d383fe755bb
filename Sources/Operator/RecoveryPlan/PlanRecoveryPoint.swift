import Foundation
import KubernetesModel
import RecoveryAPI

/// How far back a recovery by a plan would go, against `objective.rpo` of its phases, and of itself where they say nothing.
struct PlanRecoveryPoint: Sendable, Hashable {
    var isMet: Bool
    var reason: String
    var message: String
    /// When the objective is missed unless a newer backup comes; nil when it is missed already.
    var breachAt: Date?

    /// Whether a backup is one that the plan may restore.
    static func concerns(_ backup: Backup, _ plan: RecoveryPlan.Spec) -> Bool {
        plan.phases.contains { phase in phase.steps.contains { $0.restored?.policy == backup.spec.policyRef.name } }
    }

    /// Nil when the plan restores nothing that it has an objective for. A step that names a backup or a moment goes back as far
    /// as it says, and is not judged.
    static func decide(_ plan: RecoveryPlan.Spec, _ backups: [Backup], now: Date) -> PlanRecoveryPoint? {
        var complaints: [String] = []
        var hasNone = false
        var breach: Date?
        var isAsked = false
        for phase in plan.phases {
            guard let objective = phase.objective?.rpo ?? plan.objective?.rpo else { continue }
            for step in phase.steps {
                guard let restored = step.restored else { continue }
                let target = restored.to ?? plan.execute?.to ?? .latest
                guard target == .latest || target == .latestVerified else { continue }
                isAsked = true
                let kind = target == .latestVerified ? "verified backup" : "complete backup"
                let name = "step \(step.name) of phase \(phase.name)"
                guard let point = newest(of: restored.policy, verified: target == .latestVerified, backups) else {
                    hasNone = true
                    complaints.append("\(name): the policy \(restored.policy) has no \(kind)")
                    continue
                }
                let limit = point.addingTimeInterval(Double(objective.seconds))
                if now > limit {
                    complaints.append(
                        "\(name): the newest \(kind) of the policy \(restored.policy) is of \(Timestamp.format(point)), older than the objective of \(objective)"
                    )
                } else {
                    breach = min(breach ?? limit, limit)
                }
            }
        }
        guard isAsked else { return nil }
        guard !complaints.isEmpty else {
            return PlanRecoveryPoint(
                isMet: true, reason: Reason.objectiveMet, message: "what would be restored is as young as it must be",
                breachAt: breach)
        }
        return PlanRecoveryPoint(
            isMet: false, reason: hasNone ? Reason.noBackupYet : Reason.objectiveBreached,
            message: complaints.joined(separator: "; "),
            breachAt: breach)
    }

    private static func newest(of policy: String, verified: Bool, _ backups: [Backup]) -> Date? {
        backups.filter { backup in
            backup.spec.policyRef.name == policy && backup.isComplete && !backup.isMissing && backup.isProven != false
                && (!verified || backup.status?.conditions?.isTrue(ConditionType.restoreVerified) ?? false)
        }.compactMap { $0.status?.recoveryPoint }.max()
    }
}

extension Step {
    /// What a restoring step restores.
    var restored: (policy: String, to: RecoveryTarget?)? {
        if let step = restorePostgreSQL { return (step.policy, step.to) }
        if let step = restoreGit { return (step.policy, step.to) }
        if let step = restoreResources { return (step.policy, step.to) }
        if let step = restorePrometheus { return (step.policy, step.to) }
        if let step = restoreVault { return (step.policy, step.to) }
        if let step = restoreVaultKV { return (step.policy, step.to) }
        return nil
    }
}
