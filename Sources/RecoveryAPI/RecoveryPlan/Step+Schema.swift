import KubernetesModel

extension Step {
    static let schema = Schema.object(
        "One thing that the recovery does.",
        [
            "name": .label("Its name, unique in its phase.").required,
            "deadline": .duration("How long all its attempts may take; 1h when absent."),
            "retries": .integer("Further attempts after a failure; 0 when absent.", 0...20),
            "onFailure": .enumeration(
                "What a failure of the last attempt does to the run: Stop (the default) fails it, Continue goes on, Pause waits for a person.",
                FailureRule.allCases.map(\.rawValue)),
            "restorePostgreSQL": RestorePostgreSQL.schema,
            "restoreGit": RestoreGit.schema,
            "restoreResources": RestoreResources.schema,
            "restorePrometheus": RestorePrometheus.schema,
            "restoreVault": RestoreVault.schema,
            "restoreVaultKV": RestoreVaultKV.schema,
            "unsealVault": UnsealVault.schema,
            "sql": SQL.schema,
            "scale": Scale.schema,
            "rolloutRestart": .object("Restarts the pods of a workload.", Workload.properties),
            "wait": Wait.schema,
            "http": HTTP.schema,
            "apply": Apply.schema,
        ]
    ).rule(
        "[" + StepKind.allCases.map { "has(self.\($0.rawValue))" }.joined(separator: ", ")
            + "].filter(x, x).size() == 1",
        "a step needs exactly one of " + StepKind.allCases.map(\.rawValue).joined(separator: ", "))
}

extension Step.RestorePostgreSQL {
    static let schema = Schema.object(
        "Restores a PostgreSQL database from a policy's backups.",
        [
            "policy": .objectName("The BackupPolicy whose backups are restored.").required,
            "database": .string("Which of the backup's databases; needed only where it holds several.", maxLength: 63),
            "globals": .enumeration(
                "What is done about roles before the database is restored: Skip (the default) nothing; CreateMissing makes those of the backup that the server does not have, with their passwords and memberships, and changes none that it has.",
                Globals.allCases.map(\.rawValue)),
            "to": .recoveryTarget,
            "strategy": .enumeration(
                "Swap (the default) restores into a new database, checks it and swaps it in, and keeps the damaged one; Replace drops that at the end; IntoEmpty restores into a database that has nothing in it.",
                Strategy.allCases.map(\.rawValue)),
            "verify": .enumeration(
                "What is compared with the backup before the swap: Counts (the default), the rows of every table counted, or Rows, every row of every table.",
                Verification.allCases.map(\.rawValue)),
            "jobs": .integer("Connections that load and build indexes at once; 2 when absent.", 1...64),
            "noOwner": .boolean("Gives everything to the restoring role, for a server without the original's roles."),
            "tablespaces": .enumeration(
                "Keep (the default) puts tables and indexes into the tablespaces that they were in, which the server must have; Ignore puts everything into the default one.",
                Tablespaces.allCases.map(\.rawValue)),
            "target": PostgreSQLSource.targetSchema,
        ])
}

extension Step.SQL {
    static let schema = Schema.object(
        "Runs one SQL statement.",
        [
            "policy": .objectName("The BackupPolicy whose server and database are used."),
            "database": .string(
                "Which of the policy's databases; needed only where it protects several.", maxLength: 63),
            "target": PostgreSQLSource.targetSchema,
            "query": .string("The statement.", maxLength: 65536).required,
            "expect": .string(
                "The text that the first column of the first row must have.", minLength: nil, maxLength: 4096),
            "write": .boolean("Lets the statement change data; without it the transaction is read-only."),
            "repeatable": .boolean(
                "Says that a write may run again after a crash in its middle. Without it the run then waits for a person."
            ),
        ]
    ).rule("has(self.policy) != has(self.target)", "sql needs exactly one of policy and target")
        .rule(
            "!has(self.database) || has(self.policy)", "sql.database goes with policy; a target names its own database")
}

extension Step.Workload {
    static let properties: KeyValuePairs<String, Schema> = [
        "kind": .enumeration("What it is.", Kind.allCases.map(\.rawValue)).required,
        "name": .objectName("Its name, in the plan's namespace.").required,
    ]
}

extension Step.Scale {
    static let schema = Schema.object(
        "Sets the number of pods of a workload and waits until it is reached.",
        [
            "kind": .enumeration("What it is.", Step.Workload.Kind.allCases.map(\.rawValue)).required,
            "name": .objectName("Its name, in the plan's namespace.").required,
            "replicas": .integer("How many.", 0...100_000),
            "asBefore": .label("The name of an earlier scale step: as many as that found."),
        ]
    ).rule("has(self.replicas) != has(self.asBefore)", "scale needs exactly one of replicas and asBefore")
}

extension Step.Wait {
    static let schema = Schema.object(
        "Waits until an object is as wanted.",
        [
            "apiVersion": .string("Its API version: apps/v1.", pattern: "^([a-z0-9.-]+/)?v[a-z0-9]+$").required,
            "kind": .string("Its kind: Deployment.", pattern: "^[A-Z][A-Za-z0-9]*$", maxLength: 63).required,
            "name": .objectName("Its name, in the plan's namespace.").required,
            "condition": .string("The type of a condition that must be True.", maxLength: 316),
            "jsonPath": .string("A field, as kubectl writes it: .status.phase", pattern: "^\\{?\\.", maxLength: 512),
            "value": .string("What the field must be; without it, that it is there.", minLength: nil, maxLength: 1024),
            "rollout": .boolean("Waits until the newest version of a workload is what runs."),
        ]
    ).rule(
        "[has(self.condition), has(self.jsonPath), has(self.rollout)].filter(x, x).size() == 1",
        "wait needs exactly one of condition, jsonPath, rollout"
    ).rule("!has(self.value) || has(self.jsonPath)", "wait.value goes with jsonPath")
}

extension Step.HTTP {
    static let schema = Schema.object(
        "Sends a request and checks the answer.",
        [
            "url": .string("Where to.", pattern: "^https?://[^\\s]+$", maxLength: 2048).required,
            "method": .enumeration("How; GET when absent.", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
            "headers": .map(
                "Headers. Secrets do not belong here.", .string("One value.", maxLength: 4096), maxProperties: 32),
            "body": .string("What is sent.", maxLength: 65536),
            "bearerTokenSecret": .secret("The Secret with a token, sent as Authorization: Bearer.", key: "token"),
            "caSecret": .secret("The Secret with the certificates to trust instead of the system's.", key: "ca.crt"),
            "expectStatus": .atomicList(
                "The status codes that are right; any of 200 to 299 when absent.", maxItems: 16,
                .integer("One code.", 100...599)),
            "expectBody": .string("Text that the answer must contain.", maxLength: 4096),
            "repeatable": .boolean(
                "Says that a POST or PATCH may be sent again after a crash in its middle. Without it the run then waits for a person."
            ),
        ]
    ).rule(
        "!self.url.matches('^https?://[^/?#]*@')",
        "http.url must hold no user and password; give the credential by bearerTokenSecret")
}

extension Step.Apply {
    static let schema = Schema.object(
        "Applies manifests with server-side apply: namespaces and definitions first.",
        [
            "inline": .string("YAML documents.", maxLength: 262_144),
            "configMap": .reference(
                "A ConfigMap whose .yaml, .yml and .json keys are applied in order of their names."),
            "force": .boolean("Takes over fields that others manage. Without it a conflict fails the step."),
        ]
    ).rule("has(self.inline) != has(self.configMap)", "apply needs exactly one of inline and configMap")
}

extension Schema {
    static let recoveryTarget = Schema.anyValue(
        "Which moment is brought back: Latest, LatestVerified, {backup: NAME} or {time: 2026-11-23T10:00:00Z}.",
        pattern: "^(Latest|LatestVerified)$", maxProperties: 1)
}
