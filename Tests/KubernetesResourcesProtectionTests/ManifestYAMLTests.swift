import KubernetesModel
import Testing

import KubernetesResourcesProtection

@Suite struct ManifestYAMLTests {
    @Test(arguments: [
        ("3", JSON.integer(3)), ("-3", .integer(-3)), ("+3", .integer(3)), ("0644", .integer(420)),
        ("0x1F", .integer(31)),
        ("0o17", .integer(15)), ("1_000", .integer(1000)), ("0", .integer(0)), ("1.5", .number(1.5)),
        ("1e3", .number(1000)),
        ("true", .bool(true)), ("yes", .bool(true)), ("off", .bool(false)), ("~", .null), ("null", .null), ("", .null),
        ("\"3\"", .string("3")), ("'true'", .string("true")), ("\"\"", .string("")), ("1.2.3", .string("1.2.3")),
        ("2026-11-23T10:00:00Z", .string("2026-11-23T10:00:00Z")), ("10:30", .string("10:30")),
        ("100m", .string("100m")),
        ("1Gi", .string("1Gi")), ("-", .string("-")), ("0x", .string("0x")), ("089", .number(89)),
        ("yesterday", .string("yesterday")),
        ("99999999999999999999", .number(1e20)),
    ])
    func `A plain word is what kubectl takes it for, and a quoted one is text`(text: String, expected: JSON) throws {
        // A single dash would begin a list.
        let value = text == "-" ? "\"-\"" : text
        #expect(try ManifestYAML.documents("a: \(value)\n") == [.object(["a": expected])])
    }

    @Test func `Documents, anchors, merge keys and block text are read`() throws {
        let text = """
            ---
            # nothing
            ---
            base: &base {replicas: 3, name: a}
            own: {<<: *base, name: b}
            list: [*base, 1]
            text: |
              12
            """
        let document = try #require(try ManifestYAML.documents(text).first)
        #expect(document["own"] == .object(["replicas": .integer(3), "name": .string("b")]))
        #expect(document["list"]?.array?.last == .integer(1))
        #expect(document["text"] == .string("12"))
    }
}
