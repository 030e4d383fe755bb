import KubernetesModel
import Testing

@testable import APIMachinery

@Suite("A set of fields")
struct FieldSetTests {
    @Test(
        "of an object has its leaves, its items and the entries of its maps, but no declared objects",
        arguments: [
            (#"{"mode":"Fast"}"#, #"{"f:spec":{"f:mode":{}}}"#),
            (#"{"labels":{"a":"1"}}"#, #"{"f:spec":{"f:labels":{"f:a":{}}}}"#),
            (#"{"labels":{}}"#, #"{"f:spec":{"f:labels":{}}}"#),
            (#"{"tags":["x","y"]}"#, #"{"f:spec":{"f:tags":{"v:\"x\"":{},"v:\"y\"":{}}}}"#),
            (
                #"{"parts":[{"name":"one","value":"1"}]}"#,
                #"{"f:spec":{"f:parts":{"k:{\"name\":\"one\"}":{".":{},"f:name":{},"f:value":{}}}}}"#
            ),
            (#"{"intOrString":1}"#, #"{"f:spec":{"f:intOrString":{}}}"#),
            // What is not declared: objects by their members, lists as one.
            (
                #"{"any":{"list":[{"name":"a"}],"map":{"x":1},"null":null}}"#,
                #"{"f:spec":{"f:any":{"f:list":{},"f:map":{".":{},"f:x":{}},"f:null":{}}}}"#
            ),
            (#"{"any":{}}"#, #"{"f:spec":{"f:any":{}}}"#),
            (#"{}"#, #"{"f:spec":{}}"#),
            // Of an item that is there twice there is only the item.
            (
                #"{"parts":[{"name":"a","value":"1"},{"name":"a"}]}"#,
                #"{"f:spec":{"f:parts":{"k:{\"name\":\"a\"}":{}}}}"#
            ),
        ])
    func ofObject(spec: String, expected: String) throws {
        let set = FieldSet(of: try ["spec": JSON(parsing: spec)], shape: FieldShape(node: SchemaSamples.schema.root))
        #expect(set.json.text.replacing("\\/", with: "/") == expected)
        #expect(FieldSet(set.json) == set)
    }

    @Test(
        "names its paths as conflicts do",
        arguments: [
            (#"{"f:spec":{"f:size":{}}}"#, [".spec.size"]),
            (#"{"f:a":{".":{},"f:b":{}}}"#, [".a", ".a.b"]),
            (#"{"f:parts":{"k:{\"name\":\"two\"}":{"f:value":{}}}}"#, [#".parts[name="two"].value"#]),
            (
                #"{"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{}}}}"#,
                [#".ports[containerPort=80,protocol="TCP"]"#]
            ),
            (#"{"f:tags":{"v:\"x\"":{}}}"#, [#".tags[="x"]"#]), (#"{"f:l":{"i:3":{}}}"#, [".l[3]"]),
        ])
    func paths(json: String, expected: [String]) throws {
        let set = try #require(try FieldSet(JSON(parsing: json)))
        #expect(set.paths.map { $0.map(\.description).joined() } == expected)
    }

    @Test(
        "is none when a step has no known prefix",
        arguments: [#"{"x:a":{}}"#, #"{"k:nothing":{}}"#, #"{"f:a":1}"#, "[]", #"{"i:a":{}}"#])
    func broken(json: String) throws { #expect(try FieldSet(JSON(parsing: json)) == nil) }

    @Test(
        "is put together and taken apart by its paths",
        arguments: [
            (["a.b", "a.c"], ["a.b"], ["a.b", "a.c"], ["a.b"], ["a.c"], ["a.c"]),
            (["a.b.c"], ["a.b"], ["a.b", "a.b.c"], [], ["a.b.c"], []),
            (["a", "a.b"], ["a"], ["a", "a.b"], ["a"], ["a.b"], []),
            (["a"], ["b"], ["a", "b"], [], ["a"], ["a"]),
        ])
    func algebra(
        left: [String], right: [String], union: [String], intersection: [String], subtracting: [String],
        removing: [String]
    ) {
        func set(_ paths: [String]) -> FieldSet {
            FieldSet(paths: paths.map { $0.split(separator: ".").map(String.init) })
        }
        let (a, b) = (set(left), set(right))
        #expect(a.union(b) == set(union))
        #expect(a.intersection(b) == set(intersection))
        #expect(a.subtracting(b) == set(subtracting))
        #expect(a.removing(b) == set(removing))
    }
}

@Suite("A comparison of two objects")
struct FieldComparisonTests {
    @Test(
        "tells what came, went and changed",
        arguments: [
            (#"{"size":1}"#, #"{"size":2}"#, #"+{} -{} ~{"f:spec":{"f:size":{}}}"#),
            (#"{}"#, #"{"labels":{"a":"1"}}"#, #"+{"f:spec":{"f:labels":{".":{},"f:a":{}}}} -{} ~{}"#),
            (#"{"labels":{"a":"1"}}"#, #"{}"#, #"+{} -{"f:spec":{"f:labels":{".":{},"f:a":{}}}} ~{}"#),
            (
                #"{"labels":{"a":"1"}}"#, #"{"labels":{"b":"1"}}"#,
                #"+{"f:spec":{"f:labels":{"f:b":{}}}} -{"f:spec":{"f:labels":{"f:a":{}}}} ~{}"#
            ),
            (#"{"tags":["x"]}"#, #"{"tags":["y","x"]}"#, #"+{"f:spec":{"f:tags":{"v:\"y\"":{}}}} -{} ~{}"#),
            (#"{"tags":["x","y"]}"#, #"{"tags":["y","x"]}"#, #"+{} -{} ~{}"#),
            (
                #"{"parts":[{"name":"a","value":"1"}]}"#, #"{"parts":[{"name":"b"},{"name":"a","value":"2"}]}"#,
                #"+{"f:spec":{"f:parts":{"k:{\"name\":\"b\"}":{".":{},"f:name":{}}}}} -{} ~{"f:spec":{"f:parts":{"k:{\"name\":\"a\"}":{"f:value":{}}}}}"#
            ),
            (#"{"any":[1,2]}"#, #"{"any":[2,1]}"#, #"+{} -{} ~{"f:spec":{"f:any":{}}}"#),
            (#"{"labels":null}"#, #"{"labels":{}}"#, #"+{} -{} ~{"f:spec":{"f:labels":{}}}"#),
            (
                #"{"any":{"a":{"b":1}}}"#, #"{"any":{"a":[1]}}"#,
                #"+{} -{"f:spec":{"f:any":{"f:a":{"f:b":{}}}}} ~{"f:spec":{"f:any":{"f:a":{}}}}"#
            ),
        ])
    func compares(old: String, new: String, expected: String) throws {
        let shape = FieldShape(node: SchemaSamples.schema.root)
        let found = FieldComparison(
            old: try ["spec": JSON(parsing: old)], new: try ["spec": JSON(parsing: new)], shape: shape)
        #expect("+\(found.added.json.text) -\(found.removed.json.text) ~\(found.modified.json.text)" == expected)
    }
}

@Suite("A merge of two objects")
struct FieldMergeTests {
    @Test(
        "keeps what is not mentioned, and lists in the order wanted",
        arguments: [
            (#"{"size":1,"mode":"Fast"}"#, #"{"size":2}"#, #"{"mode":"Fast","size":2}"#),
            (#"{"labels":{"a":"1"}}"#, #"{"labels":{"b":"2"}}"#, #"{"labels":{"a":"1","b":"2"}}"#),
            (#"{"labels":{"a":"1"}}"#, #"{"labels":null}"#, #"{"labels":{"a":"1"}}"#),
            (#"{"size":1}"#, #"{"size":null}"#, #"{"size":null}"#),
            (#"{"tags":["x","y"]}"#, #"{"tags":["z","x"]}"#, #"{"tags":["z","x","y"]}"#),
            (#"{"tags":["x","y"]}"#, #"{"tags":["y","x"]}"#, #"{"tags":["y","x"]}"#),
            (#"{"tags":["a","b","c"]}"#, #"{"tags":["c","d"]}"#, #"{"tags":["a","b","c","d"]}"#),
            (
                #"{"any":{"l":[1,2],"m":{"a":1}}}"#, #"{"any":{"l":[3],"m":{"b":2}}}"#,
                #"{"any":{"l":[3],"m":{"a":1,"b":2}}}"#
            ),
            (
                #"{"parts":[{"name":"a","value":"1"},{"name":"b"}]}"#, #"{"parts":[{"name":"b","value":"2"}]}"#,
                #"{"parts":[{"name":"a","value":"1"},{"name":"b","value":"2"}]}"#
            ),
        ])
    func merges(live: String, wanted: String, expected: String) throws {
        let shape = FieldShape(node: SchemaSamples.schema.root)
        let merged = FieldMerge.merge(
            try ["spec": JSON(parsing: live)], try ["spec": JSON(parsing: wanted)], shape)
        #expect(merged?["spec"]?.text == expected)
    }
}
