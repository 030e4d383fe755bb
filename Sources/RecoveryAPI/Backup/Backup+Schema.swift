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
            "fromCatalogue": .boolean(
                "It was made from the catalogue of a store: it is never taken, for it is there already."),
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
                "The main object in the store.",
                [
                    "key": .string("Its key.", maxLength: 1024).required,
                    "bytes": .integer("Stored bytes of all objects that this backup added.").required,
                    "plainBytes": .integer("Bytes of all that it needs, before compression and encryption.").required,
                    "sha256": .string("SHA-256 of the main object's stored bytes, hexadecimal.", maxLength: 64)
                        .required,
                ]),
            "artifacts": .integer("Objects that a restore needs, those of earlier backups included."),
            "contents": .string("What is in it, for people: \"3 tables, 120 rows\".", maxLength: 256),
            "fingerprint": .string(
                "SHA-256 of what a restore is compared with; the whole of it is in the manifest.", maxLength: 64),
            "warnings": .atomicList(
                "What a person should know of it.", maxItems: 16, .string("One warning.", maxLength: 1024)),
            "serverVersion": .string("The server's version.", maxLength: 256),
            "toolVersion": .string("The dump tool's version.", maxLength: 256),
            "size": .string("Stored bytes, for people.", maxLength: 32),
            "error": .string("Why the last attempt failed.", maxLength: 4096),
            "verification": Verification.schema,
            "credential": .object(
                "The login that took it, where it ends.",
                [
                    "endsAt": .time("When it ends.").required,
                    "renewed": .boolean("Each backup puts its end off.").required,
                ]),
        ])

    static let columns: [PrinterColumn] = [
        .init("Source", path: ".status.source"),
        .init("State", path: ".status.phase"),
        .init("Recovery Point", path: ".status.recoveryPoint"),
        .init("Size", path: ".status.size"),
        .init("Contents", path: ".status.contents"),
        .init("Verified", path: ".status.conditions[?(@.type==\"RestoreVerified\")].status"),
        .init("Proven In", path: ".status.verification.duration", priority: 1),
        .init("Error", path: ".status.error", priority: 1),
        .init("Age", type: "date", path: ".metadata.creationTimestamp"),
    ]
}
