import KubernetesModel
import Testing

@testable import APIMachinery

@Suite("A strategic merge patch")
struct StrategicMergePatchTests {
    private static let deployment: JSON = [
        "spec": [
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]],
            "template": [
                "spec": [
                    "containers": [
                        ["name": "a", "image": "a:1", "env": [["name": "A", "value": "1"]], "args": ["x", "y"]],
                        ["name": "b", "image": "b:1"],
                    ],
                    "volumes": [["name": "v", "emptyDir": [:]]], "tolerations": [["key": "k"]],
                ]
            ],
        ],
        "metadata": ["finalizers": ["x/a", "x/b"], "labels": ["l": "1"]],
    ]

    /// What the patch makes of the pod's specification, or of the metadata, at one place.
    @Test(
        "merges by the schema's keys and does what directives say",
        arguments: [
            // Lists with a merge key are merged by it; the patch's items come first unless they were there.
            (
                #"{"containers":[{"name":"b","image":"b:2"}]}"#, "containers",
                #"[{"args":["x","y"],"env":[{"name":"A","value":"1"}],"image":"a:1","name":"a"},{"image":"b:2","name":"b"}]"#
            ),
            (
                #"{"containers":[{"name":"a","args":["z"],"env":null}]}"#, "containers",
                #"[{"args":["z"],"image":"a:1","name":"a"},{"image":"b:1","name":"b"}]"#
            ),
            (
                #"{"containers":[{"name":"a","env":[{"name":"B","value":"2"}],"args":null},{"name":"b","$patch":"delete"}]}"#,
                "containers", #"[{"env":[{"name":"B","value":"2"},{"name":"A","value":"1"}],"image":"a:1","name":"a"}]"#
            ),
            (
                #"{"containers":[{"name":"c","image":"c"},{"name":"b","$patch":"delete"},{"name":"a","$patch":"delete"}]}"#,
                "containers", #"[{"image":"c","name":"c"}]"#
            ),
            (
                #"{"containers":[{"$patch":"replace"},{"name":"c","image":"c","env":null}]}"#, "containers",
                #"[{"image":"c","name":"c"}]"#
            ),
            (
                #"{"containers":[{"name":"a","$patch":"delete"}],"$setElementOrder/containers":[{"name":"b"}]}"#,
                "containers", #"[{"image":"b:1","name":"b"}]"#
            ),
            (
                #"{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"b:3"},{"name":"a","args":null,"env":null}]}"#,
                "containers", #"[{"image":"b:3","name":"b"},{"image":"a:1","name":"a"}]"#
            ),
            // An atomic list is replaced; null removes.
            (#"{"tolerations":[{"key":"other"}]}"#, "tolerations", #"[{"key":"other"}]"#),
            (#"{"tolerations":null}"#, "tolerations", "null"),
            // Retained keys are all that stay.
            (
                #"{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}"#, "volumes",
                #"[{"hostPath":{"path":"/x"},"name":"v"}]"#
            ),
            // What is new has no directives and no nulls in it.
            (
                #"{"securityContext":{"$patch":"replace","runAsUser":1,"runAsGroup":null}}"#, "securityContext",
                #"{"runAsUser":1}"#
            ),
        ])
    func podSpec(patch: String, place: String, expected: String) throws {
        let patch: JSON = try ["spec": ["template": ["spec": JSON(parsing: patch)]]]
        let result = try Self.apply(patch)[path: "spec", "template", "spec"]
        #expect((result?[place] ?? .null).text.replacing("\\/", with: "/") == expected)
    }

    @Test(
        "merges metadata: lists of text are added to and taken from",
        arguments: [
            (#"{"finalizers":["x/c"]}"#, #"{"finalizers":["x/c","x/a","x/b"],"labels":{"l":"1"}}"#),
            (#"{"finalizers":["x/a"]}"#, #"{"finalizers":["x/a","x/b"],"labels":{"l":"1"}}"#),
            (#"{"$deleteFromPrimitiveList/finalizers":["x/a"]}"#, #"{"finalizers":["x/b"],"labels":{"l":"1"}}"#),
            (#"{"$setElementOrder/finalizers":["x/b","x/a"]}"#, #"{"finalizers":["x/b","x/a"],"labels":{"l":"1"}}"#),
            (#"{"labels":{"l":null,"m":"2"},"finalizers":null}"#, #"{"labels":{"m":"2"}}"#),
            (#"{"labels":{"$patch":"replace","m":"2"},"finalizers":null}"#, #"{"labels":{"m":"2"}}"#),
            (#"{"labels":{"$patch":"delete"},"finalizers":null}"#, #"{"labels":{}}"#),
        ])
    func metadata(patch: String, expected: String) throws {
        let result = try Self.apply(["metadata": JSON(parsing: patch)])
        #expect(result["metadata"]?.text == expected)
    }

    @Test("retains the keys of a strategy")
    func strategy() throws {
        let result = try Self.apply(["spec": ["strategy": ["$retainKeys": ["type"], "type": "Recreate"]]])
        #expect(result[path: "spec", "strategy"] == ["type": "Recreate"])
    }

    @Test(
        "that cannot be carried out is refused as Kubernetes does",
        arguments: [
            ("[]", 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
            (
                #"{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}"#, 500,
                "map: map[image] does not contain declared merge key: name"
            ),
            (#"{"spec":{"$patch":"bogus"}}"#, 500, "unknown patch type: bogus in an object"),
            (
                #"{"spec":{"template":{"spec":{"containers":[{"name":"a","$patch":"bogus"}]}}}}"#, 500,
                "unknown patch type: bogus in a list merged by name"
            ),
            (
                #"{"spec":{"template":{"spec":{"containers":{"name":"a"}}}}}"#, 422,
                #" "" is invalid: patch: Invalid value: "<patch>": cannot restore slice from map: containers"#
            ),
            (
                #"{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}}"#, 500,
                "invalid patch format of retainKeys: rollingUpdate is in the patch but not retained"
            ),
        ])
    func refusals(patch: String, code: Int, message: String) throws {
        let error = try #require(throws: MachineryError.self) { try Self.apply(JSON(parsing: patch)) }
        #expect(error.code == code)
        #expect(error.description == message)
    }

    private static func apply(_ patch: JSON) throws -> JSON {
        let schema = try #require(BuiltInSchemas.schema(group: "apps", version: "v1", kind: "Deployment"))
        return try StrategicMergePatch.apply(patch, to: deployment, schema: schema)
    }
}
