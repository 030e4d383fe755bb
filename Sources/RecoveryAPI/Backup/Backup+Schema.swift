import KubernetesModel

extension Backup {
    static let schema = Schema.object(
        "A Backup is one backup of a policy. Its data outlives the object: deleting it deletes nothing in the store.",
        ["spec": specSchema.required, "status": statusSchema])

    static let specSchema = Schema.object(
        "Which backup this is.",
        [
            "policyRef": .reference("The BackupPolicy it is of.").required,
            "storeRef": .reference("The BackupStore that holds it.").required,
            "slot": .time("The slot of the schedule that it was taken for."),
            "trigger": .string("The value of spec.trigger of the policy that it was taken for.", maxLength: 128),
        ]
    ).rule("self == oldSelf", "spec cannot be changed: take another backup with spec.trigger of the policy")

    static let statusSchema = Schema.object(
        "What happened.",
        [
            "observedGeneration": .observedGeneration,
            "phase": .string("A summary for people.", maxLength: 64),
            "conditions": .conditions,
            "source": .string("What was backed up, for people.", maxLength: 512),
            "startedAt": .time("When the first attempt began."),
            "finishedAt": .time("When it was complete, or given up."),
            "attempts": .integer("How often it was started."),
            "retryAt": .time("When a failed attempt is made again."),
            "recoveryPoint": .time("The moment of which the data is."),
            "artifact": .object(
                "The object in the store.",
                [
                    "key": .string("Its key.", maxLength: 1024).required,
                    "bytes": .integer("Stored bytes.").required,
                    "plainBytes": .integer("Bytes before compression and encryption.").required,
                    "sha256": .string("SHA-256 of the stored bytes, hexadecimal.", maxLength: 64).required,
                ]),
            "fingerprint": .object(
                "What a restore is compared with; the whole of it is in the manifest.",
                [
                    "tables": .integer("Tables.").required,
                    "rows": .integer("Rows of all tables.").required,
                    "digest": .string("SHA-256 of the fingerprint, hexadecimal.", maxLength: 64).required,
                ]),
            "serverVersion": .string("The server's version.", maxLength: 256),
            "toolVersion": .string("The dump tool's version.", maxLength: 256),
            "size": .string("Stored bytes, for people.", maxLength: 32),
            "error": .string("Why the last attempt failed.", maxLength: 4096),
        ])

    static let columns: [PrinterColumn] = [
        .init("Source", path: ".status.source"),
        .init("State", path: ".status.phase"),
        .init("Recovery Point", path: ".status.recoveryPoint"),
        .init("Size", path: ".status.size"),
        .init("Rows", type: "integer", path: ".status.fingerprint.rows"),
        .init("Verified", path: ".status.conditions[?(@.type==\"RestoreVerified\")].status"),
        .init("Error", path: ".status.error", priority: 1),
        .init("Age", type: "date", path: ".metadata.creationTimestamp"),
    ]
}
