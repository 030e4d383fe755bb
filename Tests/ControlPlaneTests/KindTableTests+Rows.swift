import KubernetesModel

/// Changes of a valid object of each kind, and what an API server says to them. A real one was asked.
extension KindTableTests {
    static let rows: [Row] = [
        Row(.store, "a bucket of S3"),
        Row(.store, "a folder instead", ["spec.s3": nil, "spec.filesystem": ["path": "/backups"]]),
        Row(
            .store, "neither place",
            ["spec.s3": nil],
            refused: ["spec FieldValueInvalid"], says: "spec needs exactly one of s3 and filesystem"),
        Row(
            .store, "both places",
            ["spec.filesystem": ["path": "/backups"]],
            refused: ["spec FieldValueInvalid"], says: "spec needs exactly one of s3 and filesystem"),
        Row(
            .store, "a path that climbs",
            ["spec.s3": nil, "spec.filesystem": ["path": "/backups/../etc"]],
            refused: ["spec.filesystem.path FieldValueInvalid"], says: "path must not contain"),
        Row(
            .store, "a path that ends in dots",
            ["spec.s3": nil, "spec.filesystem": ["path": "/backups/.."]],
            refused: ["spec.filesystem.path FieldValueInvalid"], says: "path must not contain"),
        Row(
            .store, "a relative path",
            ["spec.s3": nil, "spec.filesystem": ["path": "backups"]],
            refused: ["spec.filesystem.path FieldValueInvalid"], says: "should match"),
        Row(
            .store, "no path",
            ["spec.s3": nil, "spec.filesystem": [:]],
            refused: ["spec.filesystem.path FieldValueRequired"]),
        Row(
            .store, "no encryption",
            ["spec.encryption": nil],
            refused: ["spec.encryption FieldValueRequired"]),
        Row(
            .store, "no recipients",
            ["spec.encryption.recipients": []],
            refused: ["spec.encryption.recipients FieldValueInvalid"], says: "at least 1 items"),
        Row(
            .store, "a recipient that is none",
            ["spec.encryption.recipients": ["age1short"]],
            refused: ["spec.encryption.recipients[0] FieldValueInvalid"], says: "should match"),
        Row(
            .store, "a recipient of another type",
            ["spec.encryption.recipients": [1]],
            refused: ["spec.encryption.recipients[0] FieldValueTypeInvalid"]),
        Row(
            .store, "capitals in the bucket",
            ["spec.s3.bucket": "Backups"],
            refused: ["spec.s3.bucket FieldValueInvalid"], says: "should match"),
        Row(
            .store, "a bucket too long",
            ["spec.s3.bucket": .string(String(repeating: "x", count: 64))],
            refused: ["spec.s3.bucket FieldValueTooLong"]),
        Row(
            .store, "no bucket",
            ["spec.s3.bucket": nil],
            refused: ["spec.s3.bucket FieldValueRequired"]),
        Row(
            .store, "an empty bucket",
            ["spec.s3.bucket": ""],
            refused: ["spec.s3.bucket FieldValueInvalid"], says: "at least 1 chars"),
        Row(
            .store, "an endpoint with a password",
            ["spec.s3.endpoint": "https://me:secret@host"],
            refused: ["spec.s3.endpoint FieldValueInvalid"], says: "should match"),
        Row(
            .store, "pathStyle as text",
            ["spec.s3.pathStyle": "yes"],
            refused: ["spec.s3.pathStyle FieldValueTypeInvalid"]),
        Row(
            .store, "a prefix that climbs",
            ["spec.s3.prefix": "../x"],
            refused: ["spec.s3.prefix FieldValueInvalid"], says: "should match"),
        Row(
            .store, "no credentials",
            ["spec.s3.credentialsSecret": [:]],
            refused: ["spec.s3.credentialsSecret.name FieldValueRequired"]),
        Row(.store, "an unknown field", ["spec.s3.buckets": "x"], unknown: "spec.s3.buckets"),
        Row(.store, "no spec", ["spec": nil], refused: ["spec FieldValueRequired"]),
        Row(.policy, "a policy"),
        Row(
            .policy, "everything set",
            [
                "spec.schedule": [
                    "cron": "0 2 * * *",
                    "timeZone": "Europe/Zurich",
                    "jitter": "5m",
                    "startingDeadline": "6h",
                ],
                "spec.objective": ["rpo": "1h"],
                "spec.suspend": true,
                "spec.trigger": "now-1",
                "spec.source.postgresql.port": 5432,
                "spec.source.postgresql.sslMode": "verify-full",
            ]),
        Row(
            .policy, "port 0",
            ["spec.source.postgresql.port": 0],
            refused: ["spec.source.postgresql.port FieldValueInvalid"], says: "greater than or equal to 1"),
        Row(
            .policy, "port 65536",
            ["spec.source.postgresql.port": 65536],
            refused: ["spec.source.postgresql.port FieldValueInvalid"], says: "less than or equal to 65535"),
        Row(
            .policy, "a port with a fraction",
            ["spec.source.postgresql.port": 1.5],
            refused: ["spec.source.postgresql.port FieldValueTypeInvalid"]),
        Row(
            .policy, "an unknown sslMode",
            ["spec.source.postgresql.sslMode": "maybe"],
            refused: ["spec.source.postgresql.sslMode FieldValueNotSupported"]),
        Row(
            .policy, "a host with a blank",
            ["spec.source.postgresql.host": "a b"],
            refused: ["spec.source.postgresql.host FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "no database",
            ["spec.source.postgresql.database": nil],
            refused: ["spec.source.postgresql FieldValueInvalid"]),
        Row(
            .policy, "an RPO without a unit",
            ["spec.objective": ["rpo": "60"]],
            refused: ["spec.objective.rpo FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "an RPO of weeks",
            ["spec.objective": ["rpo": "2w"]],
            refused: ["spec.objective.rpo FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "an objective without RPO",
            ["spec.objective": [:]],
            refused: ["spec.objective.rpo FieldValueRequired"]),
        Row(
            .policy, "four fields of cron",
            ["spec.schedule": ["cron": "0 2 * *"]],
            refused: ["spec.schedule.cron FieldValueInvalid"]),
        Row(
            .policy, "a time zone with blanks",
            ["spec.schedule": ["cron": "0 2 * * *", "timeZone": "Europe Zurich"]],
            refused: ["spec.schedule.timeZone FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a store's name in capitals",
            ["spec.storeRef": ["name": "Primary"]],
            refused: ["spec.storeRef.name FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a trigger that ends in a dash",
            ["spec.trigger": "x-"],
            refused: ["spec.trigger FieldValueInvalid"], says: "should match"),
        Row(.policy, "suspend as text", ["spec.suspend": "true"], refused: ["spec.suspend FieldValueTypeInvalid"]),
        Row(.policy, "a misspelt field", ["spec.shedule": ["cron": "0 2 * * *"]], unknown: "spec.shedule"),
        Row(.policy, "a source that is a list", ["spec.source": []], refused: ["spec.source FieldValueTypeInvalid"]),
        Row(.backup, "a backup"),
        Row(.backup, "a slot", ["spec.slot": "2026-11-23T02:00:00Z"]),
        Row(
            .backup, "a slot that is no time",
            ["spec.slot": "yesterday"],
            refused: ["spec.slot FieldValueTypeInvalid"]),
        Row(
            .backup, "no policy",
            ["spec.policyRef": nil],
            refused: ["spec.policyRef FieldValueRequired"]),
        Row(
            .backup, "a trigger too long",
            ["spec.trigger": .string(String(repeating: "x", count: 129))],
            refused: ["spec.trigger FieldValueTooLong"]),
        Row(.backup, "the same again", ["metadata.labels": ["a": "b"]], isUpdate: true),
        Row(
            .backup, "another policy",
            ["spec.policyRef.name": "other"],
            refused: ["spec FieldValueInvalid"], says: "spec cannot be changed", isUpdate: true),
        Row(
            .backup, "a slot added",
            ["spec.slot": "2026-11-23T02:00:00Z"],
            refused: ["spec FieldValueInvalid"], says: "spec cannot be changed", isUpdate: true),
        Row(.plan, "a plan"),
        Row(
            .plan, "a moment by word", ["spec.execute": ["token": "inc-1", "mode": "Recover", "to": "LatestVerified"]]),
        Row(.plan, "a moment by time", ["spec.execute": ["token": "inc-1", "to": ["time": "2026-11-23T02:00:00Z"]]]),
        Row(
            .plan, "a moment that is none",
            ["spec.execute": ["token": "inc-1", "to": "Newest"]],
            refused: ["spec.execute.to FieldValueInvalid"], says: "should match"),
        Row(
            .plan, "a moment said twice",
            ["spec.execute": ["token": "inc-1", "to": ["time": "x", "backup": "y"]]],
            refused: ["spec.execute.to FieldValueTooMany"]),
        Row(
            .plan, "no token",
            ["spec.execute": ["mode": "Recover"]],
            refused: ["spec.execute.token FieldValueRequired"]),
        Row(
            .plan, "an unknown mode",
            ["spec.execute": ["token": "a", "mode": "Try"]],
            refused: ["spec.execute.mode FieldValueNotSupported"]),
        Row(
            .plan, "no phases",
            ["spec.phases": []],
            refused: ["spec.phases FieldValueInvalid"], says: "at least 1 items"),
        Row(
            .plan, "phases left out",
            ["spec.phases": nil],
            refused: ["spec.phases FieldValueRequired"]),
        Row(
            .plan, "a phase without steps",
            ["spec.phases.0.steps": []],
            refused: ["spec.phases[0].steps FieldValueInvalid"], says: "at least 1 items"),
        Row(
            .plan, "a phase twice",
            ["spec.phases.1": ["name": "restore", "steps": [["name": "b", "http": ["url": "http://x"]]]]],
            refused: ["spec.phases[1] FieldValueDuplicate"]),
        Row(
            .plan, "a step twice",
            ["spec.phases.0.steps.1": ["name": "one", "http": ["url": "http://x"]]],
            refused: ["spec.phases[0].steps[1] FieldValueDuplicate"]),
        Row(
            .plan, "a step that does nothing",
            ["spec.phases.0.steps.0": ["name": "one"]],
            refused: ["spec.phases[0].steps[0] FieldValueInvalid"], says: "a step needs exactly one of"),
        Row(
            .plan, "a step that does two things",
            ["spec.phases.0.steps.0.sql": ["query": "select 1", "policy": "p"]],
            refused: ["spec.phases[0].steps[0] FieldValueInvalid"], says: "a step needs exactly one of"),
        Row(
            .plan, "sql by policy and target",
            [
                "spec.phases.0.steps.0": [
                    "name": "one",
                    "sql": ["query": "x", "policy": "p", "target": ["host": "h", "database": "d", "user": "u"]],
                ]
            ],
            refused: ["spec.phases[0].steps[0].sql FieldValueInvalid"],
            says: "sql needs exactly one of policy and target"),
        Row(
            .plan, "sql by neither",
            ["spec.phases.0.steps.0": ["name": "one", "sql": ["query": "x"]]],
            refused: ["spec.phases[0].steps[0].sql FieldValueInvalid"],
            says: "sql needs exactly one of policy and target"),
        Row(
            .plan, "apply of nothing",
            ["spec.phases.0.steps.0": ["name": "one", "apply": [:]]],
            refused: ["spec.phases[0].steps[0].apply FieldValueInvalid"], says: "apply needs exactly one of"),
        Row(
            .plan, "scale to a number and as before",
            [
                "spec.phases.0.steps.0": [
                    "name": "one",
                    "scale": ["kind": "Deployment", "name": "d", "replicas": 1, "asBefore": "x"],
                ]
            ],
            refused: ["spec.phases[0].steps[0].scale FieldValueInvalid"],
            says: "scale needs exactly one of replicas and asBefore"),
        Row(
            .plan, "scale below zero",
            ["spec.phases.0.steps.0": ["name": "one", "scale": ["kind": "Deployment", "name": "d", "replicas": -1]]],
            refused: ["spec.phases[0].steps[0].scale.replicas FieldValueInvalid"],
            says: "greater than or equal to 0"),
        Row(
            .plan, "scale of another kind",
            ["spec.phases.0.steps.0": ["name": "one", "scale": ["kind": "DaemonSet", "name": "d", "replicas": 1]]],
            refused: ["spec.phases[0].steps[0].scale.kind FieldValueNotSupported"]),
        Row(
            .plan, "wait for nothing",
            ["spec.phases.0.steps.0": ["name": "one", "wait": ["apiVersion": "v1", "kind": "Pod", "name": "p"]]],
            refused: ["spec.phases[0].steps[0].wait FieldValueInvalid"], says: "wait needs exactly one of"),
        Row(
            .plan, "wait for a value without a path",
            [
                "spec.phases.0.steps.0": [
                    "name": "one",
                    "wait": ["apiVersion": "v1", "kind": "Pod", "name": "p", "condition": "Ready", "value": "x"],
                ]
            ],
            refused: ["spec.phases[0].steps[0].wait FieldValueInvalid"], says: "wait.value goes with jsonPath"),
        Row(
            .plan, "a statement in one of a policy's databases",
            [
                "spec.phases.0.steps.0": [
                    "name": "one", "sql": ["policy": "db", "database": "app_a", "query": "select 1"],
                ]
            ]),
        Row(
            .plan, "a statement in a database of no policy",
            [
                "spec.phases.0.steps.0": [
                    "name": "one",
                    "sql": [
                        "target": ["host": "h", "database": "d", "user": "u", "passwordSecret": ["name": "s"]],
                        "database": "d",
                        "query": "select 1",
                    ],
                ]
            ],
            refused: ["spec.phases[0].steps[0].sql FieldValueInvalid"], says: "sql.database goes with policy"),
        Row(
            .plan, "a status that is none",
            ["spec.phases.0.steps.0.http.expectStatus": [99]],
            refused: ["spec.phases[0].steps[0].http.expectStatus[0] FieldValueInvalid"],
            says: "greater than or equal to 100"),
        Row(
            .plan, "an unknown method",
            ["spec.phases.0.steps.0.http.method": "TRACE"],
            refused: ["spec.phases[0].steps[0].http.method FieldValueNotSupported"]),
        Row(
            .plan, "too many retries",
            ["spec.phases.0.steps.0.retries": 21],
            refused: ["spec.phases[0].steps[0].retries FieldValueInvalid"], says: "less than or equal to 20"),
        Row(
            .plan, "an unknown field of a step",
            ["spec.phases.0.steps.0.deadlines": "1m"],
            unknown: "spec.phases[0].steps[0].deadlines"),
        Row(.run, "a run"),
        Row(
            .run, "a hash that is none",
            ["spec.planHash": "abc"],
            refused: ["spec.planHash FieldValueInvalid"], says: "should match"),
        Row(
            .run, "an unknown state",
            ["spec.desiredState": "Stopped"],
            refused: ["spec.desiredState FieldValueNotSupported"]),
        Row(.run, "no plan", ["spec.plan": nil], refused: ["spec.plan FieldValueRequired"]),
        Row(
            .run, "a plan whose step does nothing",
            ["spec.plan.phases.0.steps.0": ["name": "one"]],
            refused: ["spec.plan.phases[0].steps[0] FieldValueInvalid"], says: "a step needs exactly one of"),
        Row(.run, "paused", ["spec.desiredState": "Paused"], isUpdate: true),
        Row(
            .run, "another token",
            ["spec.token": "inc-2"],
            refused: ["spec.token FieldValueInvalid"], says: "spec.token cannot be changed", isUpdate: true),
        Row(
            .run, "another mode",
            ["spec.mode": "DryRun"],
            refused: ["spec.mode FieldValueInvalid"], says: "spec.mode cannot be changed", isUpdate: true),
        Row(
            .run, "another hash",
            ["spec.planHash": .string(String(repeating: "b", count: 64))],
            refused: ["spec.planHash FieldValueInvalid"], says: "spec.planHash cannot be changed", isUpdate: true),
        Row(
            .run, "another plan",
            ["spec.planRef.name": "other"],
            refused: ["spec.planRef FieldValueInvalid"], says: "spec.planRef cannot be changed", isUpdate: true),
        Row(
            .run, "another copy of the plan",
            ["spec.plan.phases.0.steps.0.http.url": "http://elsewhere/"],
            refused: ["spec.plan FieldValueInvalid"], says: "spec.plan cannot be changed", isUpdate: true),
        Row(
            .run, "a resume that comes later",
            ["spec.resume": true],
            refused: ["spec FieldValueInvalid"], says: "spec.resume cannot be changed", isUpdate: true),
    ]
}
