import Foundation
import KubernetesClient
import KubernetesModel
import ScriptedAPIServer
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("An informer")
struct InformerTests {
    /// Every change, in order.
    private final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func add(_ text: String) { entries.withLock { $0.append(text) } }
        func wait(_ count: Int) async throws { while all.count < count { try await Task.sleep(for: .milliseconds(5)) } }
    }

    private static let quick = InformerTiming(
        silence: .seconds(1), streamDeadline: .milliseconds(300), shortestWatch: .milliseconds(20), pace: 0.01)

    /// Runs an informer against a script until `body` has seen enough.
    private func run(
        _ rules: [JSON], namespaces: Set<String> = [], tokenFile: Bool = false,
        _ body:
            @Sendable @escaping (Informer<ConfigMap>, ScriptedAPIServer, @Sendable (Int) async throws -> [String])
            async throws -> Void
    ) async throws {
        try await withScriptedAPIServer(rules) { server in
            let file = try server.write("old", "token")
            try await server.withClient(server.configuration(tokenFile ? .tokenFile(file) : .token("t0ken"))) {
                client in
                let informer = Informer<ConfigMap>(
                    client: client, namespaces: namespaces, timing: Self.quick, logger: quiet)
                let log = Log()
                informer.onChange { change in
                    switch change {
                    case .added(let object): log.add("+\(object.name)@\(object.metadata.resourceVersion ?? "")")
                    case .updated(_, let object): log.add("~\(object.name)@\(object.metadata.resourceVersion ?? "")")
                    case .deleted(let object): log.add("-\(object.name)@\(object.metadata.resourceVersion ?? "")")
                    }
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await informer.run() }
                    try await body(informer, server) { count in
                        try await log.wait(count)
                        return log.all
                    }
                    group.cancelAll()
                }
            }
        }
    }

    private static let refusesStreams: JSON = [
        "match": "GET", "contains": "sendInitialEvents", "status": 422,
        "body": .string(Texts.status("Invalid", 422).text),
    ]
    private static func lists(_ items: [JSON], _ version: String, contains: String = "", times: Int64? = 1) -> JSON {
        var rule: JSON = ["match": "GET /api/v1/configmaps?resourceVersion", "contains": .string(contains)]
        rule["body"] = Texts.list(items, version: version)
        rule["times"] = times.map(JSON.integer)
        return rule
    }
    private static func watches(_ version: String, _ lines: [JSON], end: String = "close", times: Int64? = 1) -> JSON {
        var rule: JSON = ["match": "GET", "contains": .string("&resourceVersion=\(version)"), "end": .string(end)]
        rule["lines"] = .array(lines)
        rule["times"] = times.map(JSON.integer)
        return rule
    }

    @Test("lists, watches, and goes on from the last version, a bookmark's too; the version is opaque")
    func listAndWatch() async throws {
        let (a, b) = (Texts.configMap("a", version: "v-1"), Texts.configMap("b", version: "v-3"))
        try await run([
            Self.refusesStreams, Self.lists([a], "v-2", contains: "resourceVersion=0"),
            Self.watches("v-2", [Texts.event("ADDED", b), Texts.bookmark("v-9")]),
            Self.watches("v-9", [Texts.event("DELETED", a)], end: "hang", times: nil),
        ]) { informer, server, changes in
            let seen1 = try await changes(3)
            #expect(seen1 == ["+a@v-1", "+b@v-3", "-a@v-1"])
            #expect(informer.hasSynced)
            #expect(informer.list().map(\.name) == ["b"])
            let lines = try await server.lines()
            let last = try #require(lines.last)
            #expect(last.contains("&resourceVersion=v-9") && !last.contains("sendInitialEvents"))
        }
    }

    @Test("streams the first list, swaps it in at its end, and resumes without asking for it again")
    func streaming() async throws {
        try await run([
            [
                "match": "GET", "contains": "sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "times": 1,
                "lines": [
                    Texts.event("ADDED", Texts.configMap("a", version: "1")), Texts.bookmark("4", ends: true),
                    Texts.event("ADDED", Texts.configMap("b", version: "5")),
                ],
            ],
            Self.watches("5", [Texts.event("MODIFIED", Texts.configMap("a", version: "6"))], end: "hang", times: nil),
        ]) { _, server, changes in
            let seen2 = try await changes(3)
            #expect(seen2 == ["+a@1", "+b@5", "~a@6"])
            let seen3 = try await server.lines()
            #expect(seen3.filter { $0.contains("sendInitialEvents") }.count == 1)
        }
    }

    @Test(
        "falls back to a list when a streaming list breaks off, has no end, or is an error",
        arguments: [
            ["lines": [Texts.event("ADDED", Texts.configMap("x", version: "1"))], "end": "reset"],
            ["lines": [Texts.event("ADDED", Texts.configMap("x", version: "1"))], "end": "hang"],
            ["lines": [Texts.event("ADDED", Texts.configMap("x", version: "1"))]],
            ["lines": [Texts.event("ERROR", Texts.status("InternalError", 500))]],
            ["status": 400, "body": "what?"],
        ] as [JSON])
    func fallback(rule: JSON) async throws {
        var rule = rule
        rule["match"] = "GET"
        rule["contains"] = "sendInitialEvents"
        try await run([
            rule, Self.lists([Texts.configMap("a", version: "1")], "2", contains: "resourceVersion=0"),
            Self.watches("2", [], end: "hang", times: nil),
        ]) { informer, _, changes in
            let seen4 = try await changes(1)
            #expect(seen4 == ["+a@1"])
            await informer.waitForSync()
        }
    }

    @Test("resumes a streaming list that breaks after its end, without a relist")
    func breaksAfterEnd() async throws {
        try await run([
            [
                // Not a reset, which may overtake what was sent before it.
                "match": "GET", "contains": "sendInitialEvents", "times": 1, "end": "cut",
                "lines": [Texts.event("ADDED", Texts.configMap("a", version: "1")), Texts.bookmark("4", ends: true)],
            ],
            Self.watches("4", [Texts.event("ADDED", Texts.configMap("b", version: "5"))], end: "hang", times: nil),
        ]) { _, server, changes in
            let seen5 = try await changes(2)
            #expect(seen5 == ["+a@1", "+b@5"])
            let seen6 = try await server.lines()
            #expect(seen6.allSatisfy { $0.contains("watch=true") })
        }
    }

    /// Kubernetes 1.36 on an etcd of Debian 12: the list is refused inside of the stream, and would be each time.
    @Test(
        "takes a server whose store has no streaming lists for one that has none",
        arguments: [
            ("the required storage feature RequestWatchProgress is disabled", true),
            ("etcdserver: leader changed", false),
        ])
    func noStorageFeature(words: String, isUnknown: Bool) async throws {
        try await withScriptedAPIServer { server in
            try await server.withClient { client in
                let reflector = Reflector(Informer<ConfigMap>(client: client, logger: quiet), namespace: nil)
                let error = KubernetesError(
                    reason: .internalError,
                    status: APIStatus(message: "a watch stream was requested by the client but \(words)"), code: 500,
                    request: "watch configmaps")
                #expect(reflector.classify(error, at: .streamList) == .streamListFailed(isUnknown: isUnknown))
            }
        }
    }

    /// 410 as a status and as an event; too large a version; an error that is not about the version at all.
    @Test(
        "relists the newest when its version is refused, and sees what was deleted meanwhile",
        arguments: [
            ["status": 410, "body": .string(Texts.status("Expired", 410).text)],
            ["lines": [Texts.event("ERROR", Texts.status("Gone", 410))]],
            ["lines": [Texts.event("ERROR", Texts.status("Expired", 410))]],
            [
                "status": 504,
                "body": .string(
                    Texts.status(
                        "Timeout", 504,
                        details: ["causes": [["reason": "ResourceVersionTooLarge", "message": "too large"]]]
                    ).text),
            ],
            [
                "status": 400,
                "body": .string(Texts.status("BadRequest", 400, message: "invalid resource version").text),
            ],
            ["lines": [Texts.event("ERROR", Texts.status("InternalError", 500))]],
        ] as [JSON])
    func expired(rule: JSON) async throws {
        var rule = rule
        rule["match"] = "GET"
        rule["contains"] = "&resourceVersion=2"
        let (a, b) = (Texts.configMap("a", version: "1"), Texts.configMap("b", version: "1"))
        try await run([
            Self.refusesStreams, Self.lists([a, b], "2", contains: "resourceVersion=0"), rule,
            [
                "match": "GET /api/v1/configmaps?limit=500",
                "body": Texts.list([b, Texts.configMap("c", version: "7")], version: "8"),
            ],
            Self.watches("8", [], end: "hang", times: nil),
        ]) { _, server, changes in
            let seen = try await changes(4)
            #expect(Set(seen.prefix(2)) == ["+a@1", "+b@1"])
            // b is as it was: nobody hears of it again.
            #expect(seen.suffix(2) == ["-a@1", "+c@7"])
            try await server.wait { $0.last?.contains("&resourceVersion=8") ?? false }
            let seen7 = try await server.lines()
            #expect(seen7.filter { $0.contains("&resourceVersion=2") }.count == 1)
        }
    }

    /// As kopf#980 and #996 have it: the watcher dead after a 401, and the process healthy.
    @Test("goes on after its token was refused on a watch, and when there is a new one, from where it was")
    func unauthorized() async throws {
        let refused: JSON = .string(Texts.status("Unauthorized", 401).text)
        try await run(
            [
                Self.refusesStreams, Self.lists([], "2"),
                ["match": "GET", "contains": "&resourceVersion=2", "status": 401, "body": refused],
            ], tokenFile: true
        ) { informer, server, changes in
            try await server.wait { lines in lines.contains { $0.contains("&resourceVersion=2") } }
            try server.write("new", "token")
            // Only when the old token is sent no more is any taken.
            while try await server.requests().last?.headers["authorization"] != "Bearer new" {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await server.script([
                Self.watches("2", [Texts.event("ADDED", Texts.configMap("a", version: "3"))], end: "hang", times: nil)
            ])
            #expect(try await changes(1) == ["+a@3"])
            let requests = try await server.requests()
            #expect(requests.last?.headers["authorization"] == "Bearer new")
            #expect(requests.filter { $0.line.contains("resourceVersion=0") }.count == 1)
        }
    }

    @Test("moves as long as it asks, also where the server is away; each namespace by itself")
    func activity() async throws {
        try await run([["match": "GET", "status": 503, "body": "away"]], namespaces: ["blue", "red"]) {
            informer, server, _ in
            let began = informer.lastActivity
            while informer.lastActivity <= began { try await Task.sleep(for: .milliseconds(5)) }
            // One of them alone is not enough.
            let before = informer.lastActivity
            for _ in 0..<3 { informer.contact("none") }
            #expect(informer.lastActivity <= ContinuousClock.now && informer.lastActivity >= before)
        }
    }

    @Test("knows which versions it has gone past, of objects that are deleted too")
    func seenVersions() async throws {
        let key = ObjectKey(namespace: "shop", name: "a")
        try await run([
            Self.refusesStreams, Self.lists([Texts.configMap("a", version: "9")], "10"),
            Self.watches("10", [Texts.event("DELETED", Texts.configMap("a", version: "12"))], end: "hang", times: nil),
        ]) { informer, _, changes in
            _ = try await changes(1)
            await informer.waitForSync()
            #expect(informer.hasSeen("9", of: key) && informer.hasSeen("10", of: ObjectKey(namespace: "x", name: "y")))
            #expect(!informer.hasSeen("13", of: key) && !informer.hasSeen("opaque", of: key))
            _ = try await changes(2)
            while !informer.hasSeen("11", of: key) { try await Task.sleep(for: .milliseconds(5)) }
            #expect(informer.hasSeen("12", of: key) && !informer.hasSeen("13", of: key))
        }
        try await run([], namespaces: ["shop"]) { informer, _, _ in
            #expect(informer.hasSeen("1", of: ObjectKey(namespace: "elsewhere", name: "a")))
            #expect(!informer.hasSeen("1", of: key))
        }
    }

    @Test("tells what was there before from what has changed")
    func origins() async throws {
        let log = Log()
        try await withScriptedAPIServer([
            Self.refusesStreams, Self.lists([Texts.configMap("a", version: "1")], "2"),
            Self.watches("2", [Texts.event("ADDED", Texts.configMap("b", version: "3"))], end: "hang", times: nil),
        ]) { server in
            try await server.withClient { client in
                let informer = Informer<ConfigMap>(client: client, timing: Self.quick, logger: quiet)
                informer.onChange { change, origin in log.add("\(change.object.name) \(origin)") }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await informer.run() }
                    try await log.wait(2)
                    group.cancelAll()
                }
            }
        }
        #expect(log.all == ["a firstList", "b change"])
    }

    @Test("takes a silent stream for dead, and resumes at once")
    func silence() async throws {
        try await run([
            Self.refusesStreams, Self.lists([], "2"), Self.watches("2", [], end: "hang"),
            Self.watches("2", [Texts.event("ADDED", Texts.configMap("a", version: "3"))], end: "hang", times: nil),
        ]) { _, _, changes in
            let seen8 = try await changes(1)
            #expect(seen8 == ["+a@3"])
        }
    }

    @Test("tells a replaced object as deleted and added, and a repeated one not at all")
    func identity() async throws {
        let old = Texts.configMap("a", version: "1", uid: "one")
        try await run([
            Self.refusesStreams, Self.lists([old], "2"),
            Self.watches(
                "2",
                [
                    Texts.event("ADDED", old), Texts.event("MODIFIED", old),
                    Texts.event("MODIFIED", Texts.configMap("a", version: "5", uid: "two")),
                    Texts.event("DELETED", Texts.configMap("never seen", version: "6")),
                    Texts.event("MODIFIED", Texts.configMap("a", version: "7", uid: "two")),
                ], end: "hang", times: nil),
        ]) { _, _, changes in
            let seen9 = try await changes(4)
            #expect(seen9 == ["+a@1", "-a@1", "+a@5", "~a@7"])
        }
    }

    @Test("keeps to its namespaces, each by itself")
    func namespaces() async throws {
        func rules(_ namespace: String, _ name: String) -> [JSON] {
            let prefix = "GET /api/v1/namespaces/\(namespace)/configmaps"
            return [
                [
                    "match": .string(prefix + "?resourceVersion=0"),
                    "body": Texts.list([Texts.configMap(name, version: "1", namespace: namespace)], version: "2"),
                ],
                [
                    "match": .string(prefix + "?watch"), "contains": "&resourceVersion=2", "times": 1, "status": 410,
                    "body": "x",
                ],
                [
                    "match": .string(prefix + "?limit"),
                    "body": Texts.list([Texts.configMap(name, version: "1", namespace: namespace)], version: "3"),
                ],
                ["match": .string(prefix + "?watch"), "contains": "&resourceVersion=3", "lines": [], "end": "hang"],
            ]
        }
        try await run([Self.refusesStreams] + rules("blue", "b") + rules("red", "r"), namespaces: ["blue", "red"]) {
            informer, server, changes in
            await informer.waitForSync()
            let seen12 = try await changes(2)
            #expect(Set(seen12) == ["+b@1", "+r@1"])
            try await server.wait { lines in lines.filter { $0.contains("&resourceVersion=3") }.count == 2 }
            // A relist of one namespace has deleted nothing of the other.
            let seen10 = try await changes(2)
            #expect(seen10.count == 2)
            #expect(informer.list(namespace: "red").map(\.name) == ["r"])
            let seen11 = try await server.lines()
            #expect(seen11.allSatisfy { $0.contains("/namespaces/") })
        }
    }

    @Test("that never syncs lets go of those who wait when they are cancelled")
    func cancelledWait() async throws {
        try await run([["match": "GET", "status": 403, "body": .string(Texts.status("Forbidden", 403).text)]]) {
            informer, _, _ in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await informer.waitForSync() }
                group.cancelAll()
            }
            #expect(!informer.hasSynced)
        }
    }

    @Test("drops managed fields")
    func managedFields() throws {
        let text = Texts.configMap("a", version: "1").text
        let object = try JSONDecoder.kubernetes.decode(ConfigMap.self, from: Data(text.utf8))
        #expect(text.contains("managedFields"))
        #expect(!String(decoding: try JSONEncoder.kubernetes.encode(object), as: UTF8.self).contains("managedFields"))
    }
}
