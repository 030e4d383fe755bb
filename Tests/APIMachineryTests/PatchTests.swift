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
            (
                #"[{"op":"move","from":"/spec/size","path":"/spec/parts/1"}]"#, "/spec/parts",
                #"[{"name":"one"},9,{"name":"two"}]"#
            ),
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
            #"[{"op":"move","from":"/no","path":"/spec/x"}]"#, #"{"op":"add"}"#,
            #"[{"op":"add","path":"spec","value":1}]"#,
        ])
    func refuses(patch: String) throws {
        #expect(throws: MachineryError.self) { try JSONPatch.apply(JSON(parsing: patch), to: Self.document) }
    }
}
