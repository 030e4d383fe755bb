extension BackupVerification {
    static let schema = Schema.object(
        "How backups are proven: restored elsewhere and compared with what was recorded. Absent, only dr verify proves one.",
        [
            "schedule": BackupPolicy.scheduleSchema(
                "When the newest complete backup is proven: \"0 6 * * MON#1\" on the first Monday of each month.",
                startingDeadline: "7d"),
            "everyBackup": .boolean(
                "Proves each backup when it is complete. When that takes longer than the next backup, those between are passed over."
            ),
            "maxAge": .duration(
                "How old the last proof may be before the policy is degraded; two periods of the schedule and the deadline when absent."
            ),
            "deadline": .duration("How long one attempt may take; 2h when absent."),
            "checks": .atomicList(
                "What must hold in the restored database besides, only for postgresql.", maxItems: 32,
                .object(
                    "A query and what it must answer.",
                    [
                        "sql": .string("One statement that answers one value.", maxLength: 4096).required,
                        "expect": .string("The value, as text; t or f for a boolean.", minLength: nil, maxLength: 1024)
                            .required,
                        "database": .string(
                            "Where it is asked; needed only where the policy protects several databases.", maxLength: 63
                        ),
                    ])),
            "target": .object(
                "Where backups are restored for the proof; absent, in a scratch server that dr starts beside itself and ends.",
                ["postgresql": PostgreSQLSource.serverSchema]),
            "vault": VaultVerification.schema,
        ])

    static let vaultRule = "!has(self.verification) || !has(self.verification.vault) || has(self.source.vault)"
    static let vaultMessage = "verification.vault: only a policy of source.vault can have it"
    /// Of the policy's spec.
    static let checksRule =
        "!has(self.verification) || !(has(self.verification.checks) || has(self.verification.target)) || has(self.source.postgresql)"
    static let checksMessage = "verification.checks and verification.target are for source.postgresql only"
}
