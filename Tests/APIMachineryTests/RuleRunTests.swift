import APIMachinery
import KubernetesModel
import Testing

/// What Kubernetes 1.36 says when rules run: failures, and what costs too much.
@Suite struct RuleRunTests {
    private static func errors(_ rules: [JSON], _ spec: JSON, schema: JSON = RuleCheckTests.schema) -> [String] {
        var schema = schema
        schema["x-kubernetes-validations"] = .array(rules)
        let whole = StructuralSchema(["type": "object", "properties": ["spec": schema]])
        return whole.validate(["spec": spec]).map(\.description)
    }

    @Test(
        arguments: [
            ("self.ints[5] == 1", ["ints": [1]], "index out of bounds: 5"),
            ("self.m['x'] == 'y'", ["m": [:]], "no such key: x"),
            ("self.i / 0 == 1", ["i": 1], "division by zero"),
            ("int(self.s) == 1", ["s": "x"], "type conversion error from 'string' to 'int'"),
            ("double(self.s) == 1.0", ["s": "x"], "type conversion error from 'string' to 'double'"),
            (
                "duration(self.s) > duration('1s')", ["s": "x"],
                "type conversion error from 'string' to 'google.protobuf.Duration'"
            ),
            (
                "timestamp(self.s) > timestamp('2020-01-01T00:00:00Z')", ["s": "x"],
                "type conversion error from 'string' to 'google.protobuf.Timestamp'"
            ),
            (
                "url(self.s).getHost() == 'a'", ["s": "x"],
                #"URL parse error during conversion from string: parse "x": invalid URI for request"#
            ),
            ("self.s.substring(5) == ''", ["s": "x"], "index out of range: 5"),
            ("self.ints.max() == 1", ["ints": []], "max called on empty list"),
            ("optional.none().value() == 1", ["i": 1], "optional.none() dereference"),
            ("self.nested.all(n, n.value > 0)", ["nested": [["name": "a"]]], "no such key: value"),
        ] as [(String, JSON, String)])
    func `a rule that fails says why`(_ rule: String, _ spec: JSON, _ why: String) {
        let said = Self.errors([["rule": .string(rule)]], spec)
        #expect(said == [#"spec: Invalid value: "object": \#(why) evaluating rule: \#(rule)"#])
    }

    @Test func `values of another type than the rule assumes are told as such`() {
        let said = Self.errors([["rule": "self.ios > 5", "message": "more than 5"]], ["ios": "abc"])
        #expect(
            said == [
                """
                spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, \
                function or macro signature for rule: more than 5
                """
            ])
    }

    @Test func `reason, place and message of a broken rule are the rule's`() {
        let said = Self.errors(
            [
                ["rule": "self.i == 1", "reason": "FieldValueForbidden", "fieldPath": ".i"],
                ["rule": "self.i == 1", "messageExpression": "'got ' + self.s", "message": "fallback"],
                ["rule": "self.i == 1", "messageExpression": "'got ' + string(self.i)", "message": "fallback"],
            ], ["i": 2])
        #expect(
            said == [
                "spec.i: Forbidden: failed rule: self.i == 1", "spec: Invalid value: fallback",
                "spec: Invalid value: got 2",
            ])
    }

    private static let cubic = "self.ints.all(a, self.ints.all(b, self.ints.all(c, a + b + c >= 0)))"

    private static func schema(maximum: Int64) -> JSON {
        [
            "type": "object",
            "properties": [
                "ints": ["type": "array", "maxItems": .integer(maximum), "items": ["type": "integer"]],
                "z": ["type": "integer", "x-kubernetes-validations": [["rule": "self == 1"]]],
            ],
        ]
    }

    private static func spec(_ count: Int64) -> JSON { ["ints": .array((0..<count).map { .integer($0) }), "z": 2] }

    @Test func `one run has a limit, and beyond it no further rules run`() {
        let rules: [JSON] = [["rule": .string(Self.cubic)], ["rule": "false"]]
        let under = Self.errors(rules, Self.spec(45), schema: Self.schema(maximum: 100))
        #expect(
            under == ["spec: Invalid value: failed rule: false", "spec.z: Invalid value: 2: failed rule: self == 1"])
        let over = Self.errors(rules, Self.spec(48), schema: Self.schema(maximum: 100))
        #expect(
            over == [
                """
                spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation \
                rules will be run due to call cost exceeds limit for rule: \(Self.cubic)
                """
            ])
    }

    @Test func `all runs on an object share one budget`() {
        // 900 times 900, a tenth of the characters each: 810 000 for each run, of ten millions.
        let rules = (0..<13).map {
            JSON.object(["rule": "!self.s.contains(self.t)", "message": .string("rule \($0)")])
        }
        let schema: JSON = [
            "type": "object",
            "properties": [
                "s": ["type": "string"], "t": ["type": "string"],
                "z": ["type": "integer", "x-kubernetes-validations": [["rule": "self == 1"]]],
            ],
        ]
        let spec: JSON = [
            "s": .string(String(repeating: "a", count: 9000)), "t": .string("b" + String(repeating: "a", count: 8999)),
            "z": 2,
        ]
        func said(_ count: Int) -> [String] { Self.errors(Array(rules.prefix(count)), spec, schema: schema) }
        #expect(said(12) == ["spec.z: Invalid value: 2: failed rule: self == 1"])
        #expect(
            said(13) == [
                """
                spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation \
                rules will be run
                """
            ])
    }

    @Test func `the estimate is that of Kubernetes to the last digit`() {
        let part: JSON = [
            "type": "object", "x-kubernetes-validations": [["rule": .string(Self.cubic)]],
            "properties": ["ints": ["type": "array", "maxItems": 40, "items": ["type": "integer"]]],
        ]
        let spec: JSON = [
            "type": "object", "properties": ["parts": ["type": "array", "maxItems": 20, "items": part]],
        ]
        let errors = CRDValidation.validate(RuleCheckTests.definition(spec: spec)).map(\.detail)
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("estimated rule cost exceeds budget by factor of 1.171686x (try") == true)
    }
}
