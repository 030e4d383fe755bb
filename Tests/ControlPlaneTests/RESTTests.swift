@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite struct RESTTests {
    private let maps = TestAPI.configMaps

    @Test func `of many updates from one version exactly one wins`() async throws {
        try await TestAPI.run { test in
            let (_, created) = try await test.send(.post, maps, test.configMap("a"))
            let codes = try await withThrowingTaskGroup(of: Int.self, returning: [Int].self) { group in
                for index in 0..<20 {
                    var object = test.configMap("a", "new \(index)")
                    object["metadata"]?["resourceVersion"] = .string(created.resourceVersion)
                    let wanted = object
                    group.addTask { try await test.send(.put, "\(maps)/a", wanted).code }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.sorted() == [200] + Array(repeating: 409, count: 19))
        }
    }

    @Test func `increments by many clients that retry on conflict are all counted`() async throws {
        try await TestAPI.run { test in
            try await test.send(.post, maps, test.configMap("n", "0"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<5 {
                            while true {
                                var object = try await test.send(.get, "\(maps)/n").document
                                let value = Int(object[path: "data", "x"]?.string ?? "") ?? 0
                                object["data"] = ["x": .string("\(value + 1)")]
                                if try await test.send(.put, "\(maps)/n", object).code == 200 { break }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await test.send(.get, "\(maps)/n").document[path: "data", "x"] == "40")
        }
    }

    @Test func `pages are of one version, whatever happens between them`() async throws {
        try await TestAPI.run { test in
            for index in 0..<10 { try await test.send(.post, maps, test.configMap("k\(index)")) }
            var names: [String] = []
            var versions: Set<String> = []
            var token = ""
            repeat {
                let page = try await test.send(.get, "\(maps)?limit=3&continue=\(token)").document
                names += (page["items"]?.array ?? []).map(\.name)
                versions.insert(page.resourceVersion)
                token = page[path: "metadata", "continue"]?.string ?? ""
                if names.count == 3 { #expect(page[path: "metadata", "remainingItemCount"] == 7) }
                // Everything changes: one goes, one comes, one is written again.
                try await test.send(.delete, "\(maps)/k\(9 - names.count / 3)")
                try await test.send(.post, maps, test.configMap("j\(names.count)"))
                try await test.send(.put, "\(maps)/k4", test.configMap("k4", "\(names.count)"))
            } while !token.isEmpty
            #expect(names == (0..<10).map { "k\($0)" })
            #expect(versions.count == 1)
        }
    }

    @Test func `a continue token older than the history is refused with 410`() async throws {
        try await TestAPI.run { test in
            for index in 0..<4 { try await test.send(.post, maps, test.configMap("k\(index)")) }
            let page = try await test.send(.get, "\(maps)?limit=2").document
            let token = page[path: "metadata", "continue"]?.string ?? ""
            try await test.send(.post, maps, test.configMap("more"))
            try await test.store.compact(keeping: 0)
            let answer = try await test.send(.get, "\(maps)?limit=2&continue=\(token)")
            #expect(answer.code == 410)
            #expect(answer.document["reason"] == "Expired")
        }
    }

    @Test func `a dry run changes nothing`() async throws {
        try await TestAPI.run { test in
            #expect(try await test.send(.post, "\(maps)?dryRun=All", test.configMap("a")).code == 201)
            #expect(try await test.send(.get, "\(maps)/a").code == 404)
            try await test.send(.post, maps, test.configMap("a", "1"))
            let before = test.hub.latest
            #expect(
                try await test.send(.put, "\(maps)/a?dryRun=All", test.configMap("a", "2")).document[path: "data", "x"]
                    == "2")
            #expect(try await test.send(.delete, "\(maps)/a?dryRun=All").code == 200)
            #expect(try await test.send(.get, "\(maps)/a").document[path: "data", "x"] == "1")
            #expect(test.hub.latest == before)
        }
    }

    @Test func `an update that changes nothing has no new version`() async throws {
        try await TestAPI.run { test in
            let (_, created) = try await test.send(.post, maps, test.configMap("a"))
            let (code, updated) = try await test.send(.put, "\(maps)/a", created)
            #expect(code == 200)
            #expect(updated.resourceVersion == created.resourceVersion)
        }
    }

    @Test func `an object with finalizers stays until they are gone`() async throws {
        try await TestAPI.run { test in
            try await test.send(.post, maps, test.configMap("a", metadata: ["finalizers": ["example.com/hold"]]))
            let (code, marked) = try await test.send(.delete, "\(maps)/a")
            #expect(code == 200)
            #expect(marked.isBeingDeleted)
            // A second delete does not move the time, nor make a version.
            #expect(try await test.send(.delete, "\(maps)/a").document == marked)
            var released = marked
            released["metadata"]?["finalizers"] = nil
            #expect(try await test.send(.put, "\(maps)/a", released).code == 200)
            #expect(try await test.send(.get, "\(maps)/a").code == 404)
        }
    }

    @Test func `deleting a collection deletes what is selected and answers with it`() async throws {
        try await TestAPI.run { test in
            for index in 0..<3 { try await test.send(.post, maps, test.configMap("k\(index)")) }
            let deleted = try await test.send(.delete, maps).document
            #expect((deleted["items"]?.array ?? []).map(\.name) == ["k0", "k1", "k2"])
            #expect(try await test.send(.get, maps).document["items"] == [])
        }
    }

    @Test func `a generated name is new each time and starts as asked`() async throws {
        try await TestAPI.run { test in
            var names: Set<String> = []
            for _ in 0..<50 {
                var object = test.configMap("")
                object["metadata"] = ["generateName": "gen-"]
                names.insert(try await test.send(.post, maps, object).document.name)
            }
            #expect(names.count == 50)
            #expect(names.allSatisfy { $0.wholeMatch(of: /gen-[a-z0-9]{5}/) != nil })
        }
    }

    @Test(
        arguments: [
            ("GET", "/api/v1/namespaces/default/configmaps/none", 404, "configmaps \"none\" not found"),
            ("GET", "/apis/nothing.example.com/v1/things", 404, "404 page not found"),
            ("GET", "/api/v1/nothing", 404, "the server could not find the requested resource"),
            ("GET", "/api/v1/namespaces/default/configmaps?limit=1&continue=abc", 400, "invalid character 'i'"),
            (
                "GET", "/api/v1/namespaces/default/configmaps?resourceVersion=99999&resourceVersionMatch=NotOlderThan",
                504, "Too large resource version: 99999, current:"
            ),
            (
                "GET", "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true", 422,
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            ),
            (
                "GET", "/apis/apps/v1/namespaces/default/deployments/none/scale", 404,
                "deployments.apps \"none\" not found"
            ),
            ("PUT", "/api/v1/namespaces/default/configmaps", 405, "does not allow this method"),
            ("POST", "/api/v1/namespaces/missing/configmaps", 404, "namespaces \"missing\" not found"),
            ("DELETE", "/api/v1/namespaces/default", 403, "this namespace may not be deleted"),
        ])
    func `refusals are those of Kubernetes`(method: String, target: String, code: Int, message: String) async throws {
        try await TestAPI.run { test in
            let verb = try #require(APIRequest.Method(rawValue: method))
            let body = verb == .post || verb == .put ? test.configMap("a") : nil
            let answer = try await test.send(verb, target, body)
            #expect(answer.code == code)
            let said = answer.document.string ?? answer.document["message"]?.string ?? ""
            #expect(said.contains(message), "\(said)")
        }
    }

    @Test func `a delete with another uid or version than the object's is a conflict`() async throws {
        try await TestAPI.run { test in
            let (_, created) = try await test.send(.post, maps, test.configMap("a"))
            for condition: JSON in [["uid": "other"], ["resourceVersion": "1"]] {
                let answer = try await test.send(.delete, "\(maps)/a", ["preconditions": condition])
                #expect(answer.code == 409)
                #expect(answer.document["reason"] == "Conflict")
            }
            let answer = try await test.send(.delete, "\(maps)/a", ["preconditions": ["uid": .string(created.uid)]])
            #expect(answer.code == 200)
            #expect(answer.document["status"] == "Success")
        }
    }

    @Test func `a body of another type is 415, a broken one 400`() async throws {
        try await TestAPI.run { test in
            #expect(try await test.send(.post, maps, test.configMap("a"), type: "text/plain").code == 415)
            try await test.send(.post, maps, test.configMap("a"))
            let answer = try await test.send(.patch, "\(maps)/a", [:], type: "application/json")
            #expect(answer.code == 415)
            #expect(answer.document["message"] == "415: Unsupported Media Type")
            let request = APIRequest(
                method: .post, path: ["api", "v1", "namespaces", "default", "configmaps"], query: .init(),
                contentType: "application/json", body: Array(#"{"apiVersion":"#.utf8))
            let failure = await #expect(throws: APIFailure.self) { try await test.api.respond(to: request) }
            #expect(failure?.code == 400)
            #expect(
                failure?.status.message == """
                    the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json \
                    parse error: unexpected end of JSON input ({"apiVersion":)
                    """)
        }
    }
}
