import KubernetesModel

/// What no schema can check of a plan.
public enum PlanCheck {
    public static func check(_ plan: RecoveryPlan.Spec) throws(SpecError) {
        var names: Set<String> = []
        for (index, phase) in plan.phases.enumerated() {
            let field = "spec.phases[\(index)]"
            guard names.insert(phase.name).inserted else {
                throw SpecError(
                    field: "\(field).name", message: "\"\(phase.name)\" is there twice", reason: Reason.invalidSpec)
            }
            try check(phase, field)
        }
        for (index, phase) in plan.phases.enumerated() {
            for name in phase.dependsOn ?? [] where !names.contains(name) {
                throw SpecError(
                    field: "spec.phases[\(index)].dependsOn", message: "there is no phase \"\(name)\"",
                    reason: Reason.invalidSpec)
            }
        }
        if let cycle = findCycle(plan) {
            throw SpecError(
                field: "spec.phases",
                message: "\(cycle.joined(separator: " → ")) is a cycle: remove one of these dependencies",
                reason: Reason.planCycle)
        }
        try checkScales(plan)
        if case .unknown(let value) = plan.execute?.to { throw target("spec.execute.to", value.text) }
    }

    private static func check(_ phase: RecoveryPlan.Phase, _ field: String) throws(SpecError) {
        var names: Set<String> = []
        for (index, step) in phase.steps.enumerated() {
            let field = "\(field).steps[\(index)]"
            guard names.insert(step.name).inserted else {
                throw SpecError(
                    field: "\(field).name", message: "\"\(step.name)\" is there twice", reason: Reason.invalidSpec)
            }
            guard step.kind != nil else {
                throw SpecError(
                    field: field,
                    message: "needs exactly one of \(StepKind.allCases.map(\.rawValue).joined(separator: ", "))",
                    reason: Reason.invalidSpec)
            }
            if case .unknown(let value) = step.restorePostgreSQL?.to {
                throw target("\(field).restorePostgreSQL.to", value.text)
            }
            if case .unknown(let value) = step.restoreGit?.to { throw target("\(field).restoreGit.to", value.text) }
            if case .unknown(let value) = step.restorePrometheus?.to {
                throw target("\(field).restorePrometheus.to", value.text)
            }
            if case .unknown(let value) = step.restoreVault?.to { throw target("\(field).restoreVault.to", value.text) }
            if case .unknown(let value) = step.restoreVaultKV?.to {
                throw target("\(field).restoreVaultKV.to", value.text)
            }
            if case .unknown(let value) = step.restoreResources?.to {
                throw target("\(field).restoreResources.to", value.text)
            }
        }
    }

    private static func target(_ field: String, _ text: String) -> SpecError {
        SpecError(
            field: field,
            message:
                "\(text) is not known; write Latest, LatestVerified, {backup: NAME} or {time: 2026-11-23T10:00:00Z}",
            reason: Reason.invalidSpec)
    }

    /// The phases that a phase waits for.
    public static func dependencies(of phase: RecoveryPlan.Phase, in plan: RecoveryPlan.Spec) -> [String] {
        if let given = phase.dependsOn { return given }
        guard let index = plan.phases.firstIndex(where: { $0.name == phase.name }), index > 0 else { return [] }
        return [plan.phases[index - 1].name]
    }

    private static func findCycle(_ plan: RecoveryPlan.Spec) -> [String]? {
        var done: Set<String> = []
        func visit(_ name: String, _ path: [String]) -> [String]? {
            if let start = path.firstIndex(of: name) { return path[start...] + [name] }
            guard !done.contains(name), let phase = plan.phases.first(where: { $0.name == name }) else { return nil }
            for next in dependencies(of: phase, in: plan) {
                if let cycle = visit(next, path + [name]) { return cycle }
            }
            done.insert(name)
            return nil
        }
        for phase in plan.phases {
            if let cycle = visit(phase.name, []) { return cycle }
        }
        return nil
    }
}
