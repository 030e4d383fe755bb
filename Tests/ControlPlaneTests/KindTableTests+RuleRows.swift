import KubernetesModel

/// What the rules between fields say.
extension KindTableTests {
    private static let check: JSON = ["sql": "select 1", "expect": "1"]
    private static let server: JSON = ["postgresql": ["host": "proofs", "user": "prover"]]
    private static let git: JSON = ["url": "https://git.example.com/a.git"]
    private static let one = "source needs exactly one of postgresql, git, kubernetes, prometheus and vault"
    private static let checks = "verification.checks and verification.target are for source.postgresql only"
    private static let oneDatabase = "postgresql needs exactly one of database and databases"

    static let ruleRows: [Row] = [
        Row(
            .policy, "no source", ["spec.source.postgresql": nil], refused: ["spec.source FieldValueInvalid"], says: one
        ),
        Row(.policy, "two sources", ["spec.source.git": git], refused: ["spec.source FieldValueInvalid"], says: one),
        Row(.policy, "another source", ["spec.source": ["git": git]]),
        Row(
            .policy, "a database and a pattern", ["spec.source.postgresql.databases": ["app_*"]],
            refused: ["spec.source.postgresql FieldValueInvalid"], says: oneDatabase),
        Row(
            .policy, "a pattern alone",
            ["spec.source.postgresql.database": nil, "spec.source.postgresql.databases": ["app_*"]]),
        Row(.policy, "checks of a database", ["spec.verification": ["checks": [check], "target": server]]),
        Row(
            .policy, "checks of a repository", ["spec.source": ["git": git], "spec.verification": ["checks": [check]]],
            refused: ["spec FieldValueInvalid"], says: checks),
        Row(
            .policy, "a server for a repository",
            ["spec.source": ["git": git], "spec.verification": ["target": server]],
            refused: ["spec FieldValueInvalid"], says: checks),
        Row(
            .policy, "a proof of a repository",
            ["spec.source": ["git": git], "spec.verification": ["everyBackup": true]]),
        Row(
            .policy, "retention without a rule", ["spec.retention": [:]],
            refused: ["spec.retention FieldValueInvalid"], says: "retention needs at least one rule"),
        Row(.policy, "retention with one rule", ["spec.retention": ["keepYearly": 1]]),
        Row(
            .run, "another step", ["spec.plan.phases.0.steps.0.name": "two"],
            refused: ["spec.plan FieldValueInvalid"], says: "spec.plan cannot be changed", isUpdate: true),
    ]
}
