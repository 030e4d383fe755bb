import KubernetesModel

extension BackupStore {
    static let schema = Schema.object(
        "A BackupStore is where backups live: a bucket or a folder, and whom they are encrypted for.",
        ["spec": specSchema.required, "status": statusSchema])

    static let specSchema = Schema.object(
        "What is wanted.",
        [
            "s3": .object(
                "A bucket of an S3-compatible service.",
                [
                    "endpoint": .string(
                        "The service's address, with https:// or, for a test only, http://.",
                        pattern: "^https?://[^/?#@]+/?$", maxLength: 2048
                    ).required,
                    "bucket": .string(
                        "The bucket. It must exist.", pattern: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", maxLength: 63
                    ).required,
                    "prefix": .string(
                        "A folder in the bucket; everything lies below it. Two stores must not share one.",
                        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", maxLength: 512),
                    "region": .string("The region that requests are signed for; us-east-1 when absent.", maxLength: 64),
                    "pathStyle": .boolean(
                        "Whether the bucket is in the path (true, as SeaweedFS, MinIO and Ceph want it) or in the host name."
                    ),
                    "credentialsSecret": .reference(
                        "The Secret with accessKeyID, secretAccessKey and, for temporary credentials, sessionToken."
                    ).required,
                    "caSecret": .secret(
                        "The Secret with the certificates to trust instead of the system's.", key: "ca.crt"),
                    "objectLock": .object(
                        "Locks what is stored against deletion by anybody. The bucket must have object lock switched on.",
                        [
                            "mode": .enumeration(
                                "Governance: who has the right to bypass it can delete. Compliance: nobody can.",
                                ["Governance", "Compliance"]
                            ).required,
                            "retain": .duration(
                                "How long, from the moment of storing. Retention deletes nothing before."
                            ).required,
                        ]),
                ]),
            "filesystem": .object(
                "A folder of the machine or container that the operator runs in.",
                [
                    "path": .string(
                        "The folder's absolute path.", pattern: "^/([^/]+/?)*$", maxLength: 4096
                    ).rule("!self.contains('/../') && !self.endsWith('/..')", "path must not contain \"..\"").required
                ]),
            "encryption": .object(
                "Backups are encrypted with age before they leave the process.",
                [
                    "recipients": .atomicList(
                        "age public keys (age1…); the identity of any one of them restores.", maxItems: 16,
                        .string("One age public key.", pattern: "^age1[02-9ac-hj-np-z]{58}$", maxLength: 62)
                    ).minItems(1).required,
                    "identitySecret": .secret(
                        "The Secret with the age identities (AGE-SECRET-KEY-1…). Needed to restore, not to back up.",
                        key: "identity"),
                ]
            ).required,
        ]
    ).rule("has(self.s3) != has(self.filesystem)", "spec needs exactly one of s3 and filesystem")

    static let statusSchema = Schema.object(
        "What was found.",
        [
            "observedGeneration": .observedGeneration,
            "phase": .string("A summary for people.", maxLength: 64),
            "conditions": .conditions,
            "lastProbeTime": .time("When the store was last written, read and deleted in."),
            "backups": .integer("Complete backups in the catalogue."),
            "bytes": .integer("Their stored bytes."),
            "size": .string("Their stored bytes, for people.", maxLength: 32),
            "conditionalWrites": .boolean("Whether a second create of one key was refused. Recoveries need it."),
            "objectLock": .boolean("Whether the bucket keeps objects locked against deletion."),
            "lastCatalogueTime": .time("When the catalogue was last read."),
            "orphans": .object(
                "Data without a manifest and uploads that never ended. They are deleted a day after they were last written.",
                [
                    "objects": .integer("How many.").required,
                    "bytes": .integer("Bytes of those whose size is known.").required,
                    "checkedAt": .time("When they were last looked for."),
                ]),
        ])

    static let columns: [PrinterColumn] = [
        .init("Ready", path: ".status.conditions[?(@.type==\"Ready\")].status"),
        .init("Backups", type: "integer", path: ".status.backups"),
        .init("Size", path: ".status.size"),
        .init("Message", path: ".status.conditions[?(@.type==\"Ready\")].message", priority: 1),
        .init("Age", type: "date", path: ".metadata.creationTimestamp"),
    ]
}
