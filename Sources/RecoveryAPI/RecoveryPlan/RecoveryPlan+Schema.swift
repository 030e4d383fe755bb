import KubernetesModel

extension RecoveryPlan {
    static let schema = Schema.object(
        "A RecoveryPlan says how a service comes back, phase by phase, and how fast. It does nothing until spec.execute is set.",
        ["spec": specSchema.required, "status": statusSchema])

    static let specSchema = recipeSchema([
        "execute": .object(
            "Runs the plan once. A token that was executed is never executed again, also not by a plan that was deleted and made anew.",
            [
                "token": .string(
                    "What names this execution: inc-2026-11-23.", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
                    maxLength: 63
                ).required,
                "mode": .enumeration(
                    "Recover (the default), or DryRun: checks what can be checked and changes nothing.",
                    RunMode.allCases.map(\.rawValue)),
                "to": .recoveryTarget,
            ])
    ])

    /// The spec without the order to execute it is what a run copies: one schema serves both.
    static func recipeSchema(_ more: [String: Schema]) -> Schema {
        var properties: [(key: String, value: Schema)] = [
            ("storeRef", .reference("The BackupStore that keeps the evidence and the ledger.").required),
            ("objective", objectiveSchema("What the whole recovery must meet.")),
            (
                "phases",
                .list("The phases.", keys: ["name"], maxItems: 32, phaseSchema).minItems(1).required
            ),
        ]
        properties += more.map { (key: $0.key, value: $0.value) }
        return .object("What is wanted.", properties)
    }

    static func objectiveSchema(_ description: String) -> Schema {
        .object(
            description,
            [
                "rto": .duration("Recovery time objective: how long it may take."),
                "rpo": .duration("Recovery point objective: how old the data may be that is brought back."),
            ])
    }

    static let phaseSchema = Schema.object(
        "A phase: steps that run one after another.",
        [
            "name": .label("Its name, unique in the plan.").required,
            "component": .string("What it brings back, for people: PostgreSQL.", maxLength: 128),
            "priority": .enumeration("How much it matters.", ["P0", "P1", "P2", "P3"]),
            "objective": objectiveSchema("What the phase must meet."),
            "dependsOn": .atomicList(
                "The phases that must have ended well. Without it the phase above; an empty list starts at once.",
                maxItems: 32, .label("A phase's name.")),
            "steps": .list("The steps, in order.", keys: ["name"], maxItems: 32, Step.schema).minItems(1).required,
        ])

    static let statusSchema = Schema.object(
        "What was found.",
        [
            "observedGeneration": .observedGeneration,
            "conditions": .conditions,
            "state": .string("Standby, or the state of the run of the newest token.", maxLength: 64),
            "phase": .string("The phase that runs.", maxLength: 63),
            "progress": .string(
                "Steps that are done, of all: 7/12. One that failed counts only where onFailure is Continue.",
                maxLength: 32),
            "rto": .string("Time taken of the objective: 12m/1h.", maxLength: 64),
            "message": .string("What happens, for people.", maxLength: 4096),
            "run": .string("The RecoveryRun of the newest token.", maxLength: 253),
            "lastToken": .string("The newest token.", maxLength: 63),
            "lastRunFinishedAt": .time("When that run ended."),
        ])

    static let columns: [PrinterColumn] = [
        .init("State", path: ".status.state"),
        .init("Phase", path: ".status.phase"),
        .init("Progress", path: ".status.progress"),
        .init("RTO", path: ".status.rto"),
        .init("Message", path: ".status.message", priority: 1),
        .init("Run", path: ".status.run", priority: 1),
        .init("Age", type: "date", path: ".metadata.creationTimestamp"),
    ]
}
