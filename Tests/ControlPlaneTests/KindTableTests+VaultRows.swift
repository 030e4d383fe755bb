import KubernetesModel

/// The source `vault`, its verification, and the steps `restoreVault`, `restoreVaultKV` and `unsealVault`.
extension KindTableTests {
    /// Changes of a source that is right; nil for a field left out.
    private static func source(_ changes: [String: JSON?] = [:], verification: JSON? = nil) -> [String: JSON?] {
        var fields: JSON = ["address": "https://vault.example.com:8200", "tokenSecret": ["name": "vault"]]
        for (name, value) in changes { fields[name] = value }
        var all: [String: JSON?] = ["spec.source": ["vault": fields]]
        if let verification { all["spec.verification"] = ["vault": verification] }
        return all
    }

    private static func step(_ kind: String, _ fields: JSON) -> [String: JSON?] {
        ["spec.phases": [["name": "one", "steps": [["name": "back", .init(stringLiteral: kind): fields]]]]]
    }

    private static let place = "spec.source.vault"
    private static let back = "spec.phases[0].steps[0]"
    private static let keys: JSON = ["name": "unseal"]

    static let vaultRows: [Row] = [
        Row(.policy, "a Vault", source()),
        Row(
            .policy, "a Vault with everything set",
            source(
                [
                    "tokenSecret": nil,
                    "kubernetesAuth": [
                        "role": "dr", "mount": "k8s/prod", "tokenPath": "/var/run/secrets/dr-vault/token",
                    ],
                    "namespace": "team/a", "caSecret": ["name": "ca"], "method": "RaftSnapshot",
                ],
                verification: [
                    "unsealKeysSecret": ["name": "unseal"], "canary": ["path": "secret/data/canary", "key": "value"],
                ])),
        Row(
            .policy, "an export of secrets", source(["method": "KeyValueExport", "paths": ["secret", "team/kv/app"]])),
        Row(.policy, "an export of all secrets", source(["method": "KeyValueExport"])),
        Row(
            .policy, "an unknown method", source(["method": "FileCopy"]),
            refused: ["\(place).method FieldValueNotSupported"]),
        Row(
            .policy, "paths of a snapshot", source(["method": "RaftSnapshot", "paths": ["secret"]]),
            refused: ["\(place) FieldValueInvalid"],
            says: "only a KeyValueExport has them"),
        Row(
            .policy, "paths without a method", source(["paths": ["secret"]]), refused: ["\(place) FieldValueInvalid"],
            says: "only a KeyValueExport has them"),
        Row(
            .policy, "a path that begins with a slash", source(["method": "KeyValueExport", "paths": ["/secret"]]),
            refused: ["\(place).paths[0] FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a Vault without a login", source(["tokenSecret": nil]), refused: ["\(place) FieldValueInvalid"],
            says: "exactly one of tokenSecret, tokenFile and kubernetesAuth"),
        Row(
            .policy, "a token that an agent renews",
            source(["tokenSecret": nil, "tokenFile": "/var/run/secrets/dr-vault/agent-token"])),
        Row(
            .policy, "a token's file and a token", source(["tokenFile": "/var/run/secrets/dr-vault/token"]),
            refused: ["\(place) FieldValueInvalid"],
            says: "exactly one of tokenSecret, tokenFile and kubernetesAuth"),
        Row(
            .policy, "a file elsewhere",
            source(["tokenSecret": nil, "tokenFile": "/var/run/secrets/dr-vault/../kubernetes.io/serviceaccount/token"]
            ),
            refused: ["\(place).tokenFile FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a Vault with two logins", source(["kubernetesAuth": ["role": "dr"]]),
            refused: ["\(place) FieldValueInvalid"],
            says: "exactly one of tokenSecret, tokenFile and kubernetesAuth"),
        Row(
            .policy, "a Vault without an address", source(["address": nil]),
            refused: ["\(place).address FieldValueRequired"]),
        Row(
            .policy, "an address with a password", source(["address": "https://me:secret@vault:8200"]),
            refused: ["\(place).address FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "the operator's own token",
            source([
                "tokenSecret": nil,
                "kubernetesAuth": ["role": "dr", "tokenPath": "/var/run/secrets/kubernetes.io/serviceaccount/token"],
            ]),
            refused: ["\(place).kubernetesAuth.tokenPath FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a login without a role", source(["tokenSecret": nil, "kubernetesAuth": [:]]),
            refused: ["\(place).kubernetesAuth.role FieldValueRequired"]),
        Row(
            .policy, "a proof without keys", source(verification: ["canary": ["path": "secret/data/canary"]]),
            refused: ["spec.verification.vault.unsealKeysSecret FieldValueRequired"]),
        Row(
            .policy, "Vault's proof of a database",
            ["spec.verification": ["vault": ["unsealKeysSecret": ["name": "unseal"]]]],
            refused: ["spec FieldValueInvalid"], says: "only a policy of source.vault"),
        Row(
            .plan, "a Vault that comes back",
            step(
                "restoreVault",
                [
                    "policy": "vault", "unsealKeysSecret": keys, "initialise": true,
                    "target": ["address": "https://new:8200"],
                ])),
        Row(
            .plan, "a Vault without its keys", step("restoreVault", ["policy": "vault"]),
            refused: ["\(back).restoreVault.unsealKeysSecret FieldValueRequired"]),
        Row(
            .plan, "a node that is unsealed",
            step("unsealVault", ["target": ["address": "https://new:8200"], "unsealKeysSecret": keys])),
        Row(
            .plan, "a node that is nowhere", step("unsealVault", ["unsealKeysSecret": keys]),
            refused: ["\(back).unsealVault.target FieldValueRequired"]),
        Row(.plan, "secrets that come back", step("restoreVaultKV", ["policy": "vault"])),
        Row(
            .plan, "secrets that come back elsewhere",
            step(
                "restoreVaultKV",
                [
                    "policy": "vault", "to": "LatestVerified", "target": ["address": "https://new:8200"],
                    "tokenSecret": ["name": "new"],
                    "strategy": "Overwrite", "mounts": [["from": "secret", "to": "back/secret"]],
                ])),
        Row(
            .plan, "secrets for another server without its token",
            step("restoreVaultKV", ["policy": "vault", "target": ["address": "https://new:8200"]]),
            refused: ["\(back).restoreVaultKV FieldValueInvalid"], says: "needs a token of its own"),
        Row(
            .plan, "secrets with an unknown strategy",
            step("restoreVaultKV", ["policy": "vault", "strategy": "Merge"]),
            refused: ["\(back).restoreVaultKV.strategy FieldValueNotSupported"]),
        Row(
            .plan, "a mount that goes to two places",
            step(
                "restoreVaultKV",
                ["policy": "vault", "mounts": [["from": "secret", "to": "a"], ["from": "secret", "to": "b"]]]),
            refused: ["\(back).restoreVaultKV.mounts[1] FieldValueDuplicate"]),
        Row(
            .plan, "a mount with a slash",
            step("restoreVaultKV", ["policy": "vault", "mounts": [["from": "secret/", "to": "a"]]]),
            refused: ["\(back).restoreVaultKV.mounts[0].from FieldValueInvalid"], says: "should match"),
    ]
}
