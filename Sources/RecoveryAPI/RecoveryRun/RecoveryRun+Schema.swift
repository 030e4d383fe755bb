import KubernetesModel

extension RecoveryRun {
    static let schema = Schema.object(
        "A RecoveryRun is one execution of a plan. It keeps a copy of the plan, so that an edit changes nothing under way.",
        ["spec": specSchema.required, "status": statusSchema])

    static let specSchema = Schema.object(
        "What is executed.",
        [
            "planRef": .reference("The RecoveryPlan.").required.immutable("planRef"),
            "token": .string("What names this execution.", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", maxLength: 63)
                .required.immutable("token"),
            "mode": .enumeration("Recover or DryRun.", RunMode.allCases.map(\.rawValue)).required.immutable("mode"),
            "to": .recoveryTarget,
            "plan": RecoveryPlan.recipeSchema([:]).required.immutable("plan"),
            "planHash": .string("SHA-256 of the copy, hexadecimal.", pattern: "^[0-9a-f]{64}$", maxLength: 64)
                .required.immutable("planHash"),
            "resume": .boolean("Takes over the token of a run that was lost in its middle.").immutable("resume"),
            "desiredState": .enumeration(
                "Running (the default), Paused (no further step begins), Aborted (the step that runs is cancelled and none follows).",
                DesiredState.allCases.map(\.rawValue)),
        ]
    ).rule(
        "has(self.resume) == has(oldSelf.resume)", "spec.resume cannot be changed: a run executes what it was made with"
    )

    static let statusSchema = Schema.object(
        "What happened.",
        [
            "observedGeneration": .observedGeneration,
            "conditions": .conditions,
            "state": .enumeration("Where it stands.", RunState.allCases.map(\.rawValue)),
            "phase": .string("The phase that runs.", maxLength: 63),
            "progress": .string(
                "Steps that are done, of all: 7/12. One that failed counts only where onFailure is Continue.",
                maxLength: 32),
            "rto": .string("Time taken of the objective: 12m/1h.", maxLength: 64),
            "message": .string("What happens, for people.", maxLength: 4096),
            "startedAt": .time("When it began."),
            "finishedAt": .time("When it ended."),
            "ledgerKey": .string("The key of its entry in the store's ledger.", maxLength: 1024),
            "to": .recoveryTarget,
            "phases": .list(
                "The phases that have begun, against their objectives.", keys: ["name"], maxItems: 32,
                .object(
                    "One phase.",
                    [
                        "name": .string("Its name.", maxLength: 63).required,
                        "startedAt": .time("When its first step began.").required,
                        "finishedAt": .time("When its last step ended."),
                        "rto": .string("Time taken of the objective: 12m/1h.", maxLength: 64).required,
                        "objectiveMet": .boolean("Whether it kept to its objective; absent while it may still do so."),
                    ])),
            "steps": .list(
                "What became of each step.", keys: ["phase", "step"], maxItems: 1024,
                .object(
                    "One step.",
                    [
                        "phase": .string("Its phase.", maxLength: 63).required,
                        "step": .string("Its name.", maxLength: 63).required,
                        "kind": .string("Its kind.", maxLength: 63),
                        "state": .enumeration("Where it stands.", StepState.allCases.map(\.rawValue)).required,
                        "attempts": .integer("Attempts begun.").required,
                        "startedAt": .time("When its first attempt began."),
                        "finishedAt": .time("When it ended."),
                        "retryAt": .time("When a failed attempt is made again."),
                        "resumedAt": .time("Since when its deadline counts, where that is not the first attempt."),
                        "backup": .object(
                            "The backup that it restores: chosen at the first attempt, for all.",
                            [
                                "name": .string("The Backup's name.", maxLength: 253).required,
                                "artifact": .string("SHA-256 of its main artifact, hexadecimal.", maxLength: 64)
                                    .required,
                            ]),
                        "message": .string("What happened, for people.", minLength: nil, maxLength: 4096),
                        "outputs": .map(
                            "What later steps and people may read.",
                            .string("One value.", minLength: nil, maxLength: 4096)),
                    ])),
        ])

    static let columns: [PrinterColumn] = [
        .init("Plan", path: ".spec.planRef.name"),
        .init("Mode", path: ".spec.mode"),
        .init("State", path: ".status.state"),
        .init("Phase", path: ".status.phase"),
        .init("Progress", path: ".status.progress"),
        .init("RTO", path: ".status.rto"),
        .init("Token", path: ".spec.token", priority: 1),
        .init("Message", path: ".status.message", priority: 1),
        .init("Age", type: "date", path: ".metadata.creationTimestamp"),
    ]
}

extension Schema {
    /// A transition rule on the field itself: cheap, and it names the field.
    fileprivate func immutable(_ field: String) -> Schema {
        rule("self == oldSelf", "spec.\(field) cannot be changed: a run executes what it was made with")
    }
}
