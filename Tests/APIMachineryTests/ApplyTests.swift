import KubernetesModel
import Testing

@testable import APIMachinery

@Suite("Server-side apply")
struct ApplyTests {
    @Test("creates, lets managers own different fields of one object, and prunes what one says no more")
    func managers() throws {
        var it = Ownership()
        try it.apply("alice", #"{"mode":"Fast","size":5,"parts":[{"name":"one","value":"1"}],"tags":["x"]}"#)
        try it.apply("bob", #"{"mode":"Fast","parts":[{"name":"two","value":"2"}],"tags":["z"]}"#)
        #expect(
            it.spec
                == #"{"mode":"Fast","parts":[{"name":"one","value":"1"},{"name":"two","value":"2"}],"size":5,"tags":["x","z"]}"#
        )
        #expect(throws: MachineryError.self) { try it.apply("bob", #"{"mode":"Fast","size":6}"#) }
        try it.apply("bob", #"{"mode":"Fast","size":6,"parts":[{"name":"two","value":"3"}]}"#, force: true)
        #expect(
            it.spec
                == #"{"mode":"Fast","parts":[{"name":"one","value":"1"},{"name":"two","value":"3"}],"size":6,"tags":["x"]}"#
        )
        try it.apply("alice", #"{"mode":"Fast"}"#, force: true)
        #expect(it.spec == #"{"mode":"Fast","parts":[{"name":"two","value":"3"}],"size":6}"#)
        #expect(
            it.owners == [
                #"bob Apply {"f:spec":{"f:mode":{},"f:parts":{"k:{\"name\":\"two\"}":{".":{},"f:name":{},"f:value":{}}},"f:size":{}}}"#,
                #"alice Apply {"f:spec":{"f:mode":{}}}"#,
            ])
    }

    @Test("of the same values makes a second owner, without a time, for it changes nothing")
    func sharing() throws {
        var it = Ownership()
        try it.apply("a", #"{"size":1}"#)
        let before = it.spec
        try it.apply("b", #"{"size":1}"#)
        #expect(it.spec == before)
        #expect(it.times == ["a": "1970-01-01T00:00:01Z", "b": "none"])
        // The field stays for as long as one of them says it.
        try it.apply("a", "{}")
        #expect(it.spec == before)
        try it.apply("b", "{}")
        #expect(it.object?[path: "spec", "size"] == nil)
    }

    @Test("of what was applied already changes nothing at all")
    func idempotent() throws {
        var it = Ownership()
        try it.apply("a", #"{"size":1,"parts":[{"name":"x"}]}"#)
        let before = it.object
        try it.apply("a", #"{"size":1,"parts":[{"name":"x"}]}"#)
        #expect(it.object == before)
    }

    @Test("does not remove what an updater owns")
    func updaters() throws {
        var it = Ownership()
        try it.apply("a", #"{"size":1,"labels":{"x":"1","y":"1"}}"#)
        it.update("kubectl-edit") { $0["spec"]?["labels"]?["x"] = "2" }
        #expect(
            it.owners == [
                #"a Apply {"f:spec":{"f:labels":{"f:y":{}},"f:size":{}}}"#,
                #"kubectl-edit Update {"f:spec":{"f:labels":{"f:x":{}}}}"#,
            ])
        try it.apply("a", #"{"size":1}"#)
        #expect(it.spec == #"{"labels":{"x":"2"},"size":1}"#)
    }

    @Test("on an object that nobody managed leaves what was there to nobody in particular")
    func beforeFirstApply() throws {
        var it = Ownership()
        it.object = try Ownership.sample(#"{"size":1,"mode":"Fast"}"#)
        try it.apply("a", #"{"mode":"Fast"}"#)
        #expect(
            it.owners == [
                #"a Apply {"f:spec":{"f:mode":{}}}"#,
                #"before-first-apply Update {"f:spec":{".":{},"f:mode":{},"f:size":{}}}"#,
            ])
        #expect(throws: MachineryError.self) { try it.apply("a", #"{"size":2}"#) }
    }

    @Test(
        "conflicts in the words of Kubernetes",
        arguments: [
            (
                #"{"size":2}"#, "",
                #"Apply failed with 1 conflict: conflict with "alice": .spec.size"#
            ),
            (
                #"{"size":2,"parts":[{"name":"one","value":"9"}]}"#, "",
                "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .spec.parts[name=\"one\"].value\n- .spec.size"
            ),
            (
                #"{"mode":"Safe"}"#, "kubectl-edit",
                #"Apply failed with 1 conflict: conflict with "kubectl-edit" using example.com/v1 at 1970-01-01T00:00:02Z: .spec.mode"#
            ),
        ])
    func conflicts(spec: String, editor: String, message: String) throws {
        var it = Ownership()
        try it.apply("alice", #"{"size":1,"parts":[{"name":"one","value":"1"}]}"#)
        if !editor.isEmpty { it.update(editor) { $0["spec"]?["mode"] = "Fast" } }
        let before = it.object
        let error = try #require(throws: MachineryError.self) { try it.apply("bob", spec) }
        #expect(error.description == message)
        #expect(error.code == 409)
        #expect(error.status.reason == "Conflict")
        #expect(error.status.details?.causes?.allSatisfy { $0.reason == "FieldManagerConflict" } == true)
        #expect(it.object == before)
    }

    @Test(
        "refuses what does not fit the schema",
        arguments: [
            (#"{"sise":1}"#, ".spec.sise: field not declared in schema"),
            (#"{"size":"1"}"#, ".spec.size: expected numeric (int or float), got string"),
            (#"{"labels":[]}"#, ".spec.labels: expected map, got list"),
            (
                #"{"parts":[{"value":"1"}]}"#,
                ".spec.parts: element 0: associative list with keys has an element that omits key field \"name\" (and doesn't have default value)"
            ),
            (#"{"tags":["a","a"]}"#, #".spec.tags: duplicate entries for key [="a"]"#),
        ])
    func misfits(spec: String, problem: String) throws {
        var it = Ownership()
        let error = try #require(throws: MachineryError.self) { try it.apply("a", spec) }
        #expect(
            error.description == "failed to create typed patch object (/s; example.com/v1, Kind=Sample): \(problem)")
    }

    @Test("to the object owns no status, and to the status nothing else")
    func subresources() throws {
        var it = Ownership()
        var object = try Ownership.sample(#"{"size":1}"#, metadata: ["labels": ["a": "1"]])
        object["status"] = ["phase": "x"]
        it.fields.schema = StructuralSchema([
            "type": "object",
            "properties": [
                "spec": ["type": "object", "properties": ["size": ["type": "integer"]]],
                "status": ["type": "object", "properties": ["phase": ["type": "string"]]],
            ],
        ])
        try it.apply("a", object)
        #expect(it.owners == [#"a Apply {"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:size":{}}}"#])
        it.object?["status"] = nil
        try it.apply("a", object, subresource: "status")
        #expect(it.owners.contains(#"a Apply status {"f:status":{"f:phase":{}}}"#))
        #expect(it.owners.count == 2)
    }

    @Test("by kubectl takes over what kubectl applied from the client's side before, and renews its annotation")
    func clientSide() throws {
        var it = Ownership()
        let applied =
            #"{"apiVersion":"example.com/v1","kind":"Sample","metadata":{"name":"s"},"spec":{"size":1,"mode":"Fast"}}"#
        try it.update("kubectl-client-side-apply") { object in
            object = try Ownership.sample(
                #"{"size":1,"mode":"Fast"}"#, metadata: ["annotations": [LastApplied.annotation: .string(applied)]])
        }
        #expect(throws: MachineryError.self) { try it.apply("alice", #"{"size":2,"mode":"Fast"}"#) }
        try it.apply("kubectl", #"{"size":2,"mode":"Fast"}"#)
        #expect(it.spec == #"{"mode":"Fast","size":2}"#)
        let annotation = it.object?[path: "metadata", "annotations"]?[LastApplied.annotation]?.string ?? ""
        #expect(try JSON(parsing: annotation)[path: "spec", "size"] == 2)
        // What another one changed since is not kubectl's any more.
        it.update("other") { $0["spec"]?["mode"] = "Safe" }
        #expect(throws: MachineryError.self) { try it.apply("kubectl", #"{"size":2,"mode":"Fast"}"#) }
    }
}

@Suite("An update")
struct UpdateOwnershipTests {
    @Test("owns what it changes, and takes it from all others")
    func changes() throws {
        var it = Ownership()
        try it.update("one") { $0 = try Ownership.sample(#"{"size":1,"mode":"Fast"}"#) }
        it.update("two") { $0["spec"]?["size"] = 2 }
        #expect(
            it.owners == [
                #"one Update {"f:spec":{".":{},"f:mode":{}}}"#, #"two Update {"f:spec":{"f:size":{}}}"#,
            ])
        it.update("two") { $0["spec"]?["size"] = nil }
        #expect(it.owners == [#"one Update {"f:spec":{".":{},"f:mode":{}}}"#])
    }

    @Test("that changes nothing moves no time")
    func times() throws {
        var it = Ownership()
        try it.update("one") { $0 = try Ownership.sample(#"{"size":1}"#) }
        it.update("one") { _ in }
        it.update("two") { _ in }
        #expect(it.times == ["one": "1970-01-01T00:00:01Z"])
        it.update("one") { $0["spec"]?["size"] = 2 }
        #expect(it.times == ["one": "1970-01-01T00:00:04Z"])
    }

    @Test("owns neither the identity of an object nor what the server says about it")
    func identity() throws {
        var it = Ownership()
        try it.update("one") {
            $0 = try Ownership.sample(
                "{}",
                metadata: [
                    "uid": "1", "resourceVersion": "5", "generation": 1, "labels": ["a": "b"], "generateName": "s-",
                ])
        }
        #expect(
            it.owners == [#"one Update {"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:a":{}}},"f:spec":{}}"#])
    }

    @Test(
        "with managedFields of its own",
        arguments: [
            // A single empty entry: everything is forgotten. An empty list: nothing is.
            ("[{}]", 0), ("[]", 1), (#"[{"manager":"x","operation":"Wrong"}]"#, 1),
            (
                #"[{"manager":"x","operation":"Update","apiVersion":"example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]"#,
                1
            ),
        ])
    func given(list: String, count: Int) throws {
        var it = Ownership()
        try it.update("one") { $0 = try Ownership.sample(#"{"size":1}"#) }
        let managers = try JSON(parsing: list)
        it.update("one") { $0["metadata"]?["managedFields"] = managers }
        #expect(it.owners.count == count)
        // An object that nobody manages is not managed by the next update either.
        if count == 0 {
            it.update("two") { $0["spec"]?["size"] = 2 }
            #expect(it.owners.isEmpty)
        }
    }

    @Test("of the twelfth manager puts the oldest under one name")
    func manyManagers() throws {
        var it = Ownership()
        try it.update("m00") { $0 = try Ownership.sample(#"{"labels":{}}"#) }
        for index in 1...12 {
            it.update("m" + (index < 10 ? "0" : "") + "\(index)") { $0["spec"]?["labels"]?["l\(index)"] = "x" }
        }
        #expect(it.owners.count == 10)
        #expect(
            it.owners.first
                == #"ancient-changes Update {"f:spec":{".":{},"f:labels":{".":{},"f:l1":{},"f:l2":{},"f:l3":{}}}}"#)
    }
}
