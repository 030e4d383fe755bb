import APIMachinery
import KubernetesModel
import Testing

/// What Kubernetes 1.36 says of rules when a definition is created. Each row was answered by its API server.
@Suite struct RuleCheckTests {
    @Test(arguments: rows)
    func `a rule is checked against the schema as Kubernetes checks it`(_ rule: String, _ expected: [String]) {
        #expect(Self.complaints(Self.definition([["rule": .string(rule)]])) == expected)
    }

    /// The complaints of a rule's check, without where the rule is and without the rule.
    private static func complaints(_ definition: JSON) -> [String] {
        CRDValidation.validate(definition).flatMap { error -> [String] in
            let text = error.detail
            if text.hasPrefix("compilation failed: ") {
                return text.matches(of: /ERROR: <input>:([^\n]*)/).map { String($0.1) }
            }
            if text.hasPrefix("contributed") { return ["contributed"] }
            let factor = text.firstMatch(of: /factor of (.*?) \(/).map { String($0.1) } ?? ""
            if text.hasPrefix("x-kubernetes-validations") { return ["total \(factor)"] }
            return [String(text.prefix { $0 != "(" }).trimmingSuffix(" ")]
        }
    }

    @Test func `an error names the field, shows the rule and points at the place`() {
        let rule: JSON = ["rule": "self.i > 0 && self.x == 1", "message": "m", "reason": "FieldValueInvalid"]
        let errors = CRDValidation.validate(Self.definition([["rule": "true"], rule]))
        #expect(
            errors.map(\.field) == ["spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[1].rule"]
        )
        #expect(
            errors.first?.message == """
                Invalid value: {"Rule":"self.i \\u003e 0 \\u0026\\u0026 self.x == 1","Message":"m","MessageExpression":"",\
                "Reason":"FieldValueInvalid","FieldPath":"","OptionalOldSelf":null}: compilation failed: \
                ERROR: <input>:1:19: undefined field 'x'
                 | self.i > 0 && self.x == 1
                 | ..................^
                """)
    }

    @Test(
        arguments: [
            (
                ["rule": "true", "messageExpression": "1"], "messageExpression",
                "messageExpression must evaluate to a string"
            ),
            (
                ["rule": "true", "messageExpression": " "], "messageExpression",
                "messageExpression must be non-empty if specified"
            ),
            (
                ["rule": "true", "optionalOldSelf": true], "optionalOldSelf",
                "may not be set if oldSelf is not used in rule"
            ),
            (["rule": " "], "rule", "rule is not specified"),
            (["rule": "true", "message": " "], "message", "must be non-empty if specified"),
            (["rule": "true", "message": "a\nb"], "message", "must not contain line breaks"),
            (["rule": "true &&\ntrue"], "message", "message must be specified if rule contains line breaks"),
            (["rule": "true", "reason": "Because"], "reason", "supported values"),
        ] as [(JSON, String, String)])
    func `what stands beside a rule is checked too`(_ rule: JSON, _ field: String, _ message: String) {
        let errors = CRDValidation.validate(Self.definition([rule]))
        #expect(errors.count == 1)
        #expect(errors.first?.field.hasSuffix("x-kubernetes-validations[0].\(field)") == true)
        #expect(errors.first?.message.contains(message) == true)
    }

    @Test func `oldSelf is refused where old and new values cannot be told apart`() {
        var schema = Self.schema
        schema["properties"]?["list"]?["items"]?["x-kubernetes-validations"] = [["rule": "self == oldSelf"]]
        schema["properties"]?["keyed"]?["items"]?["x-kubernetes-validations"] = [["rule": "self == oldSelf"]]
        let path = "spec.validation.openAPIV3Schema.properties[spec].properties[list]"
        #expect(
            CRDValidation.validate(Self.definition(spec: schema)).map(\.description) == [
                """
                \(path).items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on \
                the uncorrelatable portion of the schema within \(path)
                """
            ])
    }

    @Test func `a rule that was accepted once stays accepted`() {
        let bad = Self.definition([["rule": "self.x == 1"]])
        #expect(!CRDValidation.validate(bad).isEmpty)
        #expect(CRDValidation.validate(bad, old: bad).isEmpty)
    }

    static func definition(_ rules: [JSON]) -> JSON {
        var spec = schema
        spec["x-kubernetes-validations"] = .array(rules)
        return definition(spec: spec)
    }

    static func definition(spec: JSON) -> JSON {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "rules.cel.example.com"],
            "spec": [
                "group": "cel.example.com", "scope": "Namespaced",
                "names": ["kind": "Rule", "plural": "rules", "singular": "rule", "listKind": "RuleList"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec]]],
                    ]
                ],
            ],
        ]
    }

    private static let entry: JSON = [
        "type": "object", "required": ["name"],
        "properties": ["name": ["type": "string", "maxLength": 20], "value": ["type": "integer"]],
    ]
    private static let short: JSON = ["type": "string", "maxLength": 5]

    static let schema: JSON = [
        "type": "object",
        "properties": [
            "s": ["type": "string", "maxLength": 64], "u": ["type": "string"], "i": ["type": "integer"],
            "d": ["type": "number"], "b": ["type": "boolean"], "t": ["type": "string", "format": "date-time"],
            "dur": ["type": "string", "format": "duration"], "bytes": ["type": "string", "format": "byte"],
            "e": ["type": "string", "enum": ["A", "B"]], "nul": ["type": "string", "nullable": true, "maxLength": 5],
            "list": ["type": "array", "maxItems": 10, "items": ["type": "string", "maxLength": 10]],
            "ulist": ["type": "array", "items": ["type": "string"]],
            "ints": ["type": "array", "maxItems": 10, "items": ["type": "integer"]],
            "nested": ["type": "array", "maxItems": 5, "items": entry],
            "keyed": [
                "type": "array", "maxItems": 5, "items": entry, "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            ],
            "unested": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "name": ["type": "string"], "vals": ["type": "array", "items": ["type": "string"]],
                    ],
                ],
            ],
            "m": ["type": "object", "maxProperties": 10, "additionalProperties": ["type": "string", "maxLength": 10]],
            "um": ["type": "object", "additionalProperties": ["type": "string"]],
            "ios": ["x-kubernetes-int-or-string": true], "any": ["x-kubernetes-preserve-unknown-fields": true],
            "obj": [
                "type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": ["x": ["type": "string"]],
            ],
            "emb": [
                "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
            ],
            "namespace": short, "a-b": short, "if": short,
        ],
    ]
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
