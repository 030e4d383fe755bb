import KubernetesModel
import Testing

@testable import APIMachinery

@Suite("A JSON patch")
struct JSONPatchTests {
    static let document: JSON = ["spec": ["size": 9, "parts": [["name": "one"], ["name": "two"]], "a/b": "x"]]

    @Test(
        "does what RFC 6902 says",
        arguments: [
            (#"[{"op":"replace","path":"/spec/size","value":11}]"#, "/spec/size", "11"),
            (#"[{"op":"add","path":"/spec/parts/-","value":3}]"#, "/spec/parts", #"[{"name":"one"},{"name":"two"},3]"#),
            (#"[{"op":"add","path":"/spec/parts/0","value":3}]"#, "/spec/parts", #"[3,{"name":"one"},{"name":"two"}]"#),
            (#"[{"op":"remove","path":"/spec/parts/0"}]"#, "/spec/parts", #"[{"name":"two"}]"#),
            (#"[{"op":"replace","path":"/spec/a~1b","value":"y"}]"#, "/spec/a/b", #""y""#),
            (#"[{"op":"move","from":"/spec/size","path":"/spec/parts/1"}]"#, "/spec/parts", #"[{"name":"one"},9,{"name":"two"}]"#),
            (#"[{"op":"copy","from":"/spec/size","path":"/spec/other"}]"#, "/spec/other", "9"),
        ])
    func applies(patch: String, place: String, expected: String) throws {
        let result = try JSONPatch.apply(JSON(parsing: patch), to: Self.document)
        let spec = result["spec"]?[String(place.dropFirst(6))]
        #expect(try spec == JSON(parsing: expected))
    }

    @Test(
        "that cannot be carried out changes nothing and is refused",
        arguments: [
            #"[{"op":"test","path":"/spec/size","value":1}]"#, #"[{"op":"remove","path":"/spec/nothing"}]"#,
            #"[{"op":"add","path":"/spec/parts/3","value":1}]"#, #"[{"op":"add","path":"/spec/parts/-1","value":1}]"#,
            #"[{"op":"replace","path":"/spec/parts/2","value":1}]"#, #"[{"op":"remove","path":"/spec/parts/-"}]"#,
            #"[{"op":"add","path":"/no/such/place","value":1}]"#, #"[{"op":"bake","path":"/spec"}]"#,
            #"[{"op":"move","from":"/no","path":"/spec/x"}]"#, #"{"op":"add"}"#, #"[{"op":"add","path":"spec","value":1}]"#,
        ])
    func refuses(patch: String) throws {
        #expect(throws: MachineryError.self) { try JSONPatch.apply(JSON(parsing: patch), to: Self.document) }
    }
}

@Suite("A selector")
struct SelectorTests {
    @Test(
        "of labels matches what kubectl's does",
        arguments: [
            ("tier=gold", true), ("tier==gold", true), ("tier!=gold", false), ("tier in (gold,silver)", true),
            ("tier notin (gold)", false), ("tier", true), ("!tier", false), ("app", false), ("!app", true), ("app!=x", true),
            ("tier=gold,!app", true), ("", true),
        ])
    func labels(text: String, expected: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(["tier": "gold"]) == expected)
    }

    @Test("of labels in an object: an empty one matches everything, an absent one nothing")
    func empty() {
        let absent: JSON? = nil
        #expect(LabelSelector([:] as JSON).matches(["a": "b"]))
        #expect(!LabelSelector(absent).matches(["a": "b"]))
    }

    @Test(
        "of fields matches name and namespace",
        arguments: [("metadata.name=a", true), ("metadata.name==a", true), ("metadata.name!=a", false), ("metadata.name=b", false)])
    func fields(text: String, expected: Bool) throws {
        let type = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
        let selector = try FieldSelector(parsing: text, supported: [:], type: type)
        #expect(selector.matches(["metadata": ["name": "a"]]) == expected)
    }

    @Test("of fields that is none, or of an unknown field, is refused", arguments: ["=", "==", "spec.x=1", "metadata.name"])
    func refused(text: String) {
        let type = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
        #expect(throws: MachineryError.self) { try FieldSelector(parsing: text, supported: [:], type: type) }
    }
}
