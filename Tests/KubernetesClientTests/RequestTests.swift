import Cryptography
import Foundation
import HTTPTransport
import KubernetesModel
import ScriptedAPIServer
import Testing

@testable import KubernetesClient

@Suite("A request to the API server")
struct RequestTests {
    private func failure<R>(_ body: () async throws -> R) async throws -> KubernetesError {
        try await #require(throws: KubernetesError.self) { _ = try await body() }
    }

    static let statuses: [(reason: String, code: Int64, is: KubernetesError.Reason)] = [
        ("NotFound", 404, .notFound), ("AlreadyExists", 409, .alreadyExists), ("Conflict", 409, .conflict),
        ("Invalid", 422, .invalid), ("Forbidden", 403, .forbidden), ("Expired", 410, .expired), ("Gone", 410, .gone),
        ("", 404, .notFound), ("SomethingNew", 409, .conflict), ("", 502, .serviceUnavailable),
    ]

    @Test("that fails gives the server's Status, typed")
    func typed() async throws {
        try await withScriptedAPIServer { server in
            try await server.withClient { client in
                for row in Self.statuses {
                    try await server.script([
                        [
                            "match": "DELETE", "status": .integer(row.code),
                            "body": .string(Texts.status(row.reason, row.code, message: "because").text),
                        ]
                    ])
                    let error = try await failure { try await client.delete(ConfigMap.self, "a", namespace: "shop") }
                    #expect(error.reason == row.is)
                    #expect(error.code == Int(row.code))
                    #expect(error.description == "delete configmaps/a in shop: because")
                }
                try await server.script([["match": "GET", "status": 403, "body": "<html>no entry</html>"]])
                let odd = try await failure { try await client.get(ConfigMap.self, "a", namespace: "shop") }
                #expect(odd.reason == .forbidden)
                #expect(odd.description == "get configmaps/a in shop: <html>no entry</html>")
            }
        }
    }

    @Test("carries names as data, preconditions, field manager and the media type of its patch")
    func shapes() async throws {
        let object = JSON.string(Texts.configMap("a", version: "1").text)
        try await withScriptedAPIServer([["match": "", "body": object]]) { server in
            try await server.withClient { client in
                let type = ConfigMap.resourceType
                _ = try await client.get(ConfigMap.self, "../x?y=1", namespace: "a/b")
                try await client.delete(
                    ConfigMap.self, "a", namespace: "shop", preconditions: Preconditions(uid: "u", resourceVersion: "7")
                )
                _ = try await client.apply(
                    ["data": [:]], type: type, name: "a", namespace: "shop", fieldManager: "me", force: false)
                _ = try await client.patch(type, "a", namespace: "shop", merge: [:], subresource: "status")
                _ = try await client.patch(type, "a", namespace: "shop", kind: .operations, [])
                _ = try await client.patch(type, "a", namespace: "shop", kind: .strategic, [:])
                _ = try await client.update(["metadata": ["name": "a"]], type: type, namespace: "shop")
                let seen = try await server.requests()
                let prefix = "/api/v1/namespaces/shop/configmaps/a"
                #expect(
                    seen.map(\.line) == [
                        "GET /api/v1/namespaces/a%2Fb/configmaps/..%2Fx%3Fy%3D1", "DELETE \(prefix)",
                        "PATCH \(prefix)?fieldManager=me&force=false", "PATCH \(prefix)/status?fieldManager=dr",
                        "PATCH \(prefix)?fieldManager=dr", "PATCH \(prefix)?fieldManager=dr",
                        "PUT \(prefix)?fieldManager=dr",
                    ])
                #expect(seen[1].body.contains(#""preconditions":{"resourceVersion":"7","uid":"u"}"#))
                #expect(
                    seen[2..<6].map { $0.headers["content-type"] } == [
                        "application/apply-patch+yaml", "application/merge-patch+json", "application/json-patch+json",
                        "application/strategic-merge-patch+json",
                    ])
                #expect(seen.allSatisfy { $0.headers["authorization"] == "Bearer t0ken" })
            }
        }
    }

    @Test("for a list follows the pages, and asks for all at once when their version has expired")
    func pages() async throws {
        let first = Texts.list([Texts.configMap("a", version: "1")], version: "9", next: "n=1")
        let second = Texts.list([Texts.configMap("b", version: "2"), ["metadata": ["name": 7]]], version: "9")
        let path = "GET /api/v1/configmaps"
        try await withScriptedAPIServer([
            ["match": .string(path), "contains": "continue=n%3D1", "body": second],
            ["match": .string(path), "contains": "limit=500", "body": first],
        ]) { server in
            try await server.withClient { client in
                let list = try await client.list(ConfigMap.self)
                #expect(list.items.map(\.name) == ["a", "b"])
                #expect(list.items.map(\.kind) == ["ConfigMap", "ConfigMap"])
                #expect(list.resourceVersion == "9")
                #expect(list.unreadable.count == 1)
                let expired = JSON.string(Texts.status("Expired", 410).text)
                try await server.script([
                    ["match": .string(path), "contains": "continue=", "status": 410, "body": expired],
                    ["match": .string(path), "contains": "limit=500", "body": first],
                    ["match": .string(path), "body": Texts.list([Texts.configMap("c", version: "3")], version: "12")],
                ])
                let again = try await client.list(ConfigMap.self)
                #expect(again.items.map(\.name) == ["c"])
                #expect(again.resourceVersion == "12")
            }
        }
    }

    @Test("that may be repeated is, and another is not, when the connection dies")
    func cut() async throws {
        let object = JSON.string(Texts.configMap("a", version: "1").text)
        for end in ["short", "reset"] {
            try await withScriptedAPIServer { server in
                try await server.withClient { client in
                    let rules: [JSON] = [
                        ["match": "", "times": 1, "end": .string(end), "body": "{\"kind\":"],
                        ["match": "", "body": object],
                    ]
                    try await server.script(rules)
                    #expect(try await client.get(ConfigMap.self, "a", namespace: "shop").name == "a")
                    try await server.script(rules)
                    let error = try await failure {
                        try await client.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "shop")))
                    }
                    #expect(error.reason == .unreachable)
                    #expect(try await server.lines().filter { $0.hasPrefix("POST") }.count == 1)
                }
            }
        }
    }

    @Test("is sent again after 429 when the server says so, even if it creates")
    func busy() async throws {
        let object = JSON.string(Texts.configMap("a", version: "1").text)
        try await withScriptedAPIServer([
            ["match": "POST", "times": 1, "status": 429, "headers": ["Retry-After": "0"], "body": "slow"],
            ["match": "POST", "body": object],
        ]) { server in
            try await server.withClient { client in
                _ = try await client.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "shop")))
                #expect(try await server.lines().count == 2)
            }
        }
    }

    struct RetryRow: Sendable {
        var reason: KubernetesError.Reason
        var retryAfter: Int?
        var isRepeatable: Bool
        var attempt = 1
        var pause: Duration?
    }

    static let retries: [RetryRow] = [
        RetryRow(reason: .tooManyRequests, retryAfter: 7, isRepeatable: false, pause: .seconds(7)),
        RetryRow(reason: .tooManyRequests, retryAfter: nil, isRepeatable: false, pause: .milliseconds(100)),
        RetryRow(reason: .tooManyRequests, retryAfter: 31, isRepeatable: true, pause: nil),
        RetryRow(reason: .serviceUnavailable, retryAfter: nil, isRepeatable: true, pause: .milliseconds(100)),
        RetryRow(
            reason: .serviceUnavailable, retryAfter: nil, isRepeatable: true, attempt: 3, pause: .milliseconds(900)),
        RetryRow(reason: .serviceUnavailable, retryAfter: nil, isRepeatable: true, attempt: 4, pause: nil),
        RetryRow(reason: .serviceUnavailable, retryAfter: nil, isRepeatable: false, pause: nil),
        RetryRow(reason: .serviceUnavailable, retryAfter: 1, isRepeatable: false, pause: .seconds(1)),
        RetryRow(reason: .internalError, retryAfter: nil, isRepeatable: true, pause: nil),
        RetryRow(reason: .conflict, retryAfter: nil, isRepeatable: true, pause: nil),
        RetryRow(reason: .notFound, retryAfter: nil, isRepeatable: true, pause: nil),
        RetryRow(reason: .unreachable, retryAfter: nil, isRepeatable: true, pause: nil),
    ]

    @Test("is repeated by the rules", arguments: retries)
    func retry(row: RetryRow) {
        let error = KubernetesError(
            reason: row.reason, status: APIStatus(), code: 0, request: "", retryAfter: row.retryAfter)
        #expect(
            RetryRule.pause(after: error, attempt: row.attempt, isRepeatable: row.isRepeatable, jitter: 0) == row.pause)
    }

    @Test(
        "that a server refuses which has just come back is sent again: it may not have read its rules yet",
        arguments: [(403, "Forbidden"), (401, "Unauthorized")])
    func premature(code: Int64, reason: String) async throws {
        let refused = JSON.string(Texts.status(reason, code, message: "not you").text)
        let found = JSON.string(Texts.configMap("a", version: "1").text)
        try await withScriptedAPIServer([["match": "GET", "status": .integer(code), "body": refused]]) { server in
            try await server.withClient { client in
                let before = try await failure { try await client.get(ConfigMap.self, "a", namespace: "shop") }
                #expect(!before.isPremature && before.isRetriable == (code == 401))
                try await server.script([
                    ["match": "GET", "times": 2, "end": "reset"],
                    ["match": "GET", "times": 2, "status": .integer(code), "body": refused],
                    ["match": "GET", "body": found],
                ])
                #expect(try await client.get(ConfigMap.self, "a", namespace: "shop").name == "a")
                // One that stays so is told in the end.
                try await server.script([["match": "GET", "status": .integer(code), "body": refused]])
                let after = try await failure { try await client.get(ConfigMap.self, "a", namespace: "shop") }
                #expect(after.isPremature && after.isRetriable)
            }
        }
    }

    struct AbsenceRow: Sendable {
        var failed: KubernetesError.Reason?
        var refused: KubernetesError.Reason
        var after: Duration
        var isExcused: Bool
    }

    static let absences: [AbsenceRow] = [
        AbsenceRow(failed: nil, refused: .forbidden, after: .zero, isExcused: false),
        AbsenceRow(failed: .unreachable, refused: .forbidden, after: .seconds(59), isExcused: true),
        AbsenceRow(failed: .unreachable, refused: .unauthorized, after: .seconds(59), isExcused: true),
        AbsenceRow(failed: .serviceUnavailable, refused: .forbidden, after: .seconds(1), isExcused: true),
        AbsenceRow(failed: .unreachable, refused: .forbidden, after: .seconds(60), isExcused: false),
        AbsenceRow(failed: .unreachable, refused: .notFound, after: .seconds(1), isExcused: false),
        AbsenceRow(failed: .unreachable, refused: .invalid, after: .seconds(1), isExcused: false),
        AbsenceRow(failed: .tooManyRequests, refused: .forbidden, after: .seconds(1), isExcused: false),
        AbsenceRow(failed: .forbidden, refused: .forbidden, after: .seconds(1), isExcused: false),
    ]

    @Test("that is refused is excused by an absence that is not long ago", arguments: absences)
    func absence(row: AbsenceRow) {
        var absence = ServerAbsence<ContinuousClock.Instant>()
        let now = ContinuousClock.now
        if let reason = row.failed {
            absence.failed(KubernetesError(reason: reason, status: APIStatus(), code: 0, request: ""), at: now)
        }
        #expect(absence.excuses(row.refused, at: now + row.after) == row.isExcused)
    }

    @Test(
        "that certainly was not sent may be repeated whatever it does; one without trust is not",
        arguments: [true, false])
    func transport(sent: Bool) {
        let broken = KubernetesError(
            HTTPError(code: .connect, message: "", url: "", requestMayHaveBeenSent: sent), request: "")
        let pause = RetryRule.pause(after: broken, attempt: 1, isRepeatable: false, jitter: 0)
        #expect((pause != nil) == !sent)
        let untrusted = KubernetesError(HTTPError(code: .tls, message: "", url: ""), request: "")
        #expect(RetryRule.pause(after: untrusted, attempt: 1, isRepeatable: true, jitter: 0) == nil)
    }

    @Test("that is refused is sent once more with a new token, and no more")
    func unauthorized() async throws {
        let refused = JSON.string(Texts.status("Unauthorized", 401).text)
        try await withScriptedAPIServer([
            ["match": "GET", "times": 1, "status": 401, "body": refused],
            ["match": "GET", "body": .string(Texts.configMap("a", version: "1").text)],
        ]) { server in
            let file = try server.write("old", "token")
            try await server.withClient(server.configuration(.tokenFile(file))) { client in
                try server.write("new", "token")
                _ = try await client.get(ConfigMap.self, "a", namespace: "shop")
                try await server.script([["match": "GET", "status": 401, "body": refused]])
                let error = try await failure { try await client.get(ConfigMap.self, "a", namespace: "shop") }
                #expect(error.reason == .unauthorized)
                #expect(
                    try await server.requests().map { $0.headers["authorization"] }.suffix(3).allSatisfy {
                        $0 == "Bearer new"
                    })
                #expect(try await server.requests().count == 4)
            }
        }
    }

    @Test("shows the certificate of its user, and impersonates whom it should")
    func identity() async throws {
        try await withScriptedAPIServer([["match": "GET", "body": .string(Texts.configMap("a", version: "1").text)]]) {
            server in
            let issued = try server.authority.issue(client: "alice", validFor: .seconds(3600))
            var configuration = server.configuration(.none)
            configuration.clientCertificate = .bytes([UInt8](issued.certificatePEM.utf8))
            configuration.clientKey = .bytes([UInt8](issued.privateKeyPEM.utf8))
            configuration.impersonation = .init(user: "boss", uid: nil, groups: ["a", "b"])
            try await server.withClient(configuration) { client in
                _ = try await client.get(ConfigMap.self, "a", namespace: "shop")
                let request = try #require(try await server.requests().first)
                #expect(request.client == "alice")
                #expect(request.headers["impersonate-user"] == "boss")
                #expect(request.headers["impersonate-group"] == "a, b")
                #expect(request.headers["authorization"] == nil)
            }
        }
    }

    @Test("with a huge answer is read whole")
    func huge() async throws {
        let text = Texts.configMap("a", version: "1", data: ["x": String(repeating: "y", count: 3 << 20)]).text
        try await withScriptedAPIServer([["match": "GET", "body": .string(text)]]) { server in
            try await server.withClient { client in
                let object = try await client.get(ConfigMap.self, "a", namespace: "shop")
                #expect(object.data?["x"]?.utf8.count == 3 << 20)
            }
        }
    }

    @Test("finds the resource of a kind, again when it was installed later, and says what to do when it is not")
    func discovery() async throws {
        func group(_ kinds: [(String, String)]) -> JSON {
            let resources: [JSON] = kinds.map { ["name": .string($0.0), "kind": .string($0.1), "namespaced": false] }
            return .string((["kind": "APIResourceList", "resources": .array(resources)] as JSON).text)
        }
        try await withScriptedAPIServer([
            ["match": "GET /apis/x.test/v1", "times": 1, "body": group([("foos", "Foo"), ("foos/status", "Foo")])],
            ["match": "GET /apis/x.test/v1", "body": group([("foos", "Foo"), ("bars", "Bar")])],
        ]) { server in
            try await server.withClient { client in
                let foo = try await client.resourceType(apiVersion: "x.test/v1", kind: "Foo")
                #expect(
                    foo == ResourceType(group: "x.test", version: "v1", kind: "Foo", plural: "foos", namespaced: false))
                _ = try await client.resourceType(apiVersion: "x.test/v1", kind: "Foo")
                #expect(try await client.resourceType(apiVersion: "x.test/v1", kind: "Bar").plural == "bars")
                #expect(try await server.lines().count == 2)
                let error = try await failure { try await client.resourceType(apiVersion: "y.test/v1", kind: "Foo") }
                #expect(error.isNotFound)
                #expect(error.description.contains("install its definition first"))
            }
        }
    }
}
