import KubernetesModel

extension BackupPolicy {
    static let schema = Schema.object(
        "A BackupPolicy says what is protected, how often, and how fresh its backups must be.",
        ["spec": specSchema.required, "status": statusSchema])

    static let specSchema = Schema.object(
        "What is wanted.",
        [
            "source": .object(
                "The system that is backed up: exactly one.",
                [
                    "postgresql": PostgreSQLSource.schema, "git": GitSource.schema,
                    "kubernetes": KubernetesSource.schema,
                    "prometheus": PrometheusSource.schema, "vault": VaultSource.schema,
                ]
            ).rule(
                "[has(self.postgresql), has(self.git), has(self.kubernetes), has(self.prometheus), has(self.vault)].filter(x, x).size() == 1",
                "source needs exactly one of postgresql, git, kubernetes, prometheus and vault"
            ).required,
            "storeRef": .reference("The BackupStore that takes the backups.").required,
            "schedule": scheduleSchema(
                "When backups are taken. Without it only spec.trigger takes one.", startingDeadline: "6h"),
            "verification": BackupVerification.schema,
            "objective": .object(
                "How much may be lost.",
                [
                    "rpo": .duration(
                        "Recovery point objective: the newest recoverable moment is never older than this."
                    ).required
                ]),
            "retention": Retention.schema,
            "onDelete": .enumeration(
                "What becomes of the data in the store when the policy is deleted; Retain when absent.",
                ["Retain", "Delete"]),
            "suspend": .boolean("Takes no further backups while true, and deletes none. One that runs is finished."),
            "trigger": .string(
                "Any text. A new value takes one backup now, once: inc-42-before-migration.",
                pattern: "^[A-Za-z0-9]([-A-Za-z0-9_.:]*[A-Za-z0-9])?$", maxLength: 128),
        ]
    ).rule(BackupVerification.checksRule, BackupVerification.checksMessage)
        .rule(BackupVerification.vaultRule, BackupVerification.vaultMessage)

    static func scheduleSchema(_ description: String, startingDeadline: String) -> Schema {
        .object(
            description,
            [
                "cron": .string(
                    "Minute, hour, day of month, month, day of week: \"0 2 * * *\". Names, ranges, lists, steps, and MON#1 for the first Monday.",
                    pattern: "^[^ \\t]+([ \\t]+[^ \\t]+){4}$", minLength: 9, maxLength: 256
                ).required,
                "timeZone": .string(
                    "The zone that the fields are read in, by its IANA name; Etc/UTC when absent.",
                    pattern: "^[A-Za-z0-9_+/-]+$", maxLength: 64),
                "jitter": .duration("Starts each run up to so much later, so that many policies do not start at once."),
                "startingDeadline": .duration(
                    "After downtime one run makes up for the missed ones if the oldest is younger than this; \(startingDeadline) when absent."
                ),
            ])
    }

    static let statusSchema = Schema.object(
        "What was found.",
        [
            "observedGeneration": .observedGeneration,
            "phase": .string("A summary for people.", maxLength: 64),
            "conditions": .conditions,
            "source": .string("What is protected, for people.", maxLength: 512),
            "lastSlot": .time("The newest slot of the schedule that was handled."),
            "nextSlot": .time("When the next backup is due."),
            "lastTrigger": .string("The value of spec.trigger that was handled last.", maxLength: 128),
            "lastBackup": .string("The newest complete backup.", maxLength: 253),
            "lastBackupTime": .time("When it was complete."),
            "recoverableTo": .time("The newest moment to which data can be brought back."),
            "rpo": .string("Whether the objective is met, and by how much: \"met 14m/1h\".", maxLength: 64),
            "lastVerifiedBackup": .string("The backup that was last proven by restoring it.", maxLength: 253),
            "lastVerificationTime": .time("When that was."),
            "lastVerificationSeconds": .integer(
                "How long it took to restore and compare it: a measured recovery time."),
            "lastVerificationSlot": .time("The newest slot of the verification's schedule that was handled."),
            "nextVerification": .time("When the next proof is due."),
            "retention": Retention.statusSchema,
            "credentialEndsAt": .time(
                "When the login that took the newest backup ends; absent where it does not, or nobody knows."),
        ])

    static let columns: [PrinterColumn] = [
        .init("Source", path: ".status.source"),
        .init("Schedule", path: ".spec.schedule.cron"),
        .init("Last Backup", type: "date", path: ".status.lastBackupTime"),
        .init("Recoverable To", type: "string", path: ".status.recoverableTo"),
        .init("RPO", path: ".status.rpo"),
        // The age of the proof, which kubectl computes: the status does not change by itself.
        .init("Verified", type: "date", path: ".status.lastVerificationTime"),
        .init("State", path: ".status.phase"),
        .init("Ready", path: ".status.conditions[?(@.type==\"Ready\")].status"),
        .init("Proof", path: ".status.conditions[?(@.type==\"Verified\")].reason", priority: 1),
        .init("Message", path: ".status.conditions[?(@.type==\"Ready\")].message", priority: 1),
        .init("Next", type: "string", path: ".status.nextSlot", priority: 1),
    ]
}
