import Foundation
import KubernetesModel
import ScriptedAPIServer
import Testing

@testable import KubernetesClient

@Suite("A watch")
struct WatchTests {
    private func watch(_ rule: JSON, silence: Duration? = nil) async throws -> [String] {
        try await withScriptedAPIServer([rule]) { server in
            try await server.withClient { client in
                var seen: [String] = []
                let start = WatchStart(resourceVersion: "5", timeoutSeconds: 300)
                try await client.watch(ConfigMap.self, namespace: "shop", from: start, silence: silence) { event in
                    switch event {
                    case .added(let object): seen.append("+\(object.name) \(object.data?["x"]?.utf8.count ?? 0)")
                    case .modified(let object): seen.append("~\(object.name)")
                    case .deleted(let object): seen.append("-\(object.name)")
                    case .bookmark(let version, let ends): seen.append("=\(version)\(ends ? "!" : "")")
                    case .error(let error): seen.append("x\(error.reason)")
                    case .unreadable: seen.append("?")
                    }
                }
                #expect(
                    try await server.lines() == [
                        "GET /api/v1/namespaces/shop/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=5"
                    ])
                return seen
            }
        }
    }

    @Test("gives every event, in whatever pieces its lines arrive", arguments: [1, 7, 65536])
    func fragments(size: Int64) async throws {
        let one = Texts.configMap("ä", version: "6", data: ["x": "y"])
        let seen = try await watch([
            "match": "GET", "fragment": .integer(size),
            "lines": [
                Texts.event("ADDED", one), "\n", Texts.event("MODIFIED", one), Texts.event("DELETED", one),
                Texts.bookmark("7"), Texts.bookmark("8", ends: true), Texts.event("NEW", one), "{\"type\":\n",
                Texts.event("ERROR", Texts.status("Expired", 410)),
            ],
        ])
        #expect(seen == ["+ä 1", "~ä", "-ä", "=7", "=8!", "?", "?", "xexpired"])
    }

    @Test("gives a line of two megabytes, and a last one without a break, but nothing that was cut off")
    func long() async throws {
        let big = Texts.configMap("big", version: "6", data: ["x": String(repeating: "y", count: 2 << 20)])
        let whole = try await watch([
            "match": "GET",
            "lines": [
                Texts.event("ADDED", big), .string(Texts.bookmark("7").string.map { String($0.dropLast()) } ?? ""),
            ],
        ])
        #expect(whole == ["+big \(2 << 20)", "=7"])
        let half = String((Texts.bookmark("9").string ?? "").dropLast(10))
        #expect(try await watch(["match": "GET", "lines": [Texts.bookmark("8"), .string(half)]]) == ["=8"])
    }

    /// In libcurl 7.88 a paused HTTP/2 stream can stall its whole connection: a watch has one of its own.
    @Test("goes over HTTP/1.1 on a connection of its own; the other requests may share one of HTTP/2")
    func protocols() async throws {
        try await withScriptedAPIServer([
            ["match": "GET", "contains": "watch=true", "lines": [Texts.bookmark("7")]],
            ["match": "GET", "body": #"{"gitVersion":"v1"}"#],
        ]) { server in
            try await server.withClient { client in
                _ = try await client.serverVersion()
                let start = WatchStart(resourceVersion: "5", timeoutSeconds: 300)
                try await client.watch(ConfigMap.self, namespace: "shop", from: start) { _ in }
                _ = try await client.serverVersion()
                #expect(try await server.requests().map(\.offersHTTP2) == [true, false, true])
            }
        }
    }

    @Test("that is reset, or on which nothing comes, fails")
    func broken() async throws {
        let reset = try await #require(throws: KubernetesError.self) {
            try await watch(["match": "GET", "lines": [Texts.bookmark("7")], "end": "reset"])
        }
        #expect(reset.reason == .unreachable && !reset.isSilence)
        let silent = try await #require(throws: KubernetesError.self) {
            try await watch(["match": "GET", "lines": [Texts.bookmark("7")], "end": "hang"], silence: .seconds(1))
        }
        #expect(silent.isSilence)
    }

    @Test("splits on line feeds and nothing else, and refuses a line without end")
    func splitter() throws {
        var splitter = LineSplitter(limit: 8)
        #expect(try splitter.push([UInt8]("a\u{2028}\rb\n\nc".utf8)) == [[UInt8]("a\u{2028}\rb".utf8)])
        #expect(try splitter.push([UInt8]("d\n".utf8)) == [[UInt8]("cd".utf8)])
        #expect(throws: KubernetesError.self) { try splitter.push([UInt8](repeating: 1, count: 9)) }
    }
}
