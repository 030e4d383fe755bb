extension PlanCheck {
    /// A step of a plan by the names that make it one: its phase's and its own.
    public struct Place: Sendable, Hashable {
        public var phase: String
        public var step: String

        public init(phase: String, step: String) {
            self.phase = phase
            self.step = step
        }
    }

    /// The scale steps of a name that have ended when a step begins: those above it in its phase, and those of the phases
    /// that its phase waits for, near or far. Names are unique in a phase alone.
    public static func earlierScales(named name: String, before place: Place, in plan: RecoveryPlan.Spec) -> [Place] {
        var waited: Set<String> = []
        var open = [place.phase]
        while let next = open.popLast() {
            guard let phase = plan.phases.first(where: { $0.name == next }) else { continue }
            for other in dependencies(of: phase, in: plan) where waited.insert(other).inserted { open.append(other) }
        }
        return plan.phases.flatMap { phase -> [Place] in
            let steps: ArraySlice<Step> =
                if phase.name == place.phase {
                    phase.steps.prefix { $0.name != place.step }
                } else if waited.contains(phase.name) {
                    phase.steps[...]
                } else {
                    []
                }
            return steps.filter { $0.name == name && $0.scale != nil }.map { Place(phase: phase.name, step: $0.name) }
        }
    }

    /// Only after the check for cycles.
    static func checkScales(_ plan: RecoveryPlan.Spec) throws(SpecError) {
        for (phaseIndex, phase) in plan.phases.enumerated() {
            for (index, step) in phase.steps.enumerated() {
                guard let name = step.scale?.asBefore else { continue }
                let found = earlierScales(named: name, before: Place(phase: phase.name, step: step.name), in: plan)
                guard found.count != 1 else { continue }
                let phases = found.map(\.phase).joined(separator: " and ")
                throw SpecError(
                    field: "spec.phases[\(phaseIndex)].steps[\(index)].scale.asBefore",
                    message: found.isEmpty
                        ? "there is no earlier scale step \"\(name)\": name one above it, or of a phase that this one depends on"
                        : "\"\(name)\" is an earlier scale step of the phases \(phases): give them different names",
                    reason: Reason.invalidSpec)
            }
        }
    }
}
