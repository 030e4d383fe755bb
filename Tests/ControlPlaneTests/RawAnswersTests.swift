@testable import ControlPlane

import Foundation
import HTTPTransport
import KubernetesModel
import Testing

/// `raw.md` holds what a real Kubernetes answered to raw requests: codes, headers and documents must be the same, over TLS.
@Suite(.timeLimit(.minutes(5))) struct RawAnswersTests {
    /// A section of `raw.md`, and what its request had beside its line.
    struct Sample: Sendable, CustomTestStringConvertible {
        var title: String
        var body: String = ""
        var type = "application/json"
        /// Instead of the administrator's.
        var token: String?
        /// Done before the request, when the objects are there.
        var prepare: Preparation?
        var deliberate: Deliberate?

        var testDescription: String { title }
    }

    enum Preparation: Sendable { case compact }

    /// The embedded server answers as in another section, and why that is meant.
    struct Deliberate: Sendable {
        var insteadAs: String
        var why: String
    }

    static let samples = [
        Sample(title: "Watch from version 0 with bookmarks"),
        Sample(title: "Streaming list: the end is a bookmark with an annotation"),
        Sample(title: "Watch from a version that was compacted away", prepare: .compact),
        Sample(title: "Watch from a version of the future"),
        Sample(title: "List at a version of the future"),
        Sample(title: "A broken continue token"),
        Sample(title: "sendInitialEvents without its partners"),
        Sample(title: "Not found"),
        Sample(title: "Unknown path"),
        Sample(title: "Scale subresource of something missing"),
        Sample(
            title: "Conflict on a stale version",
            body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"1"}}"#),
        Sample(title: "Already exists", body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#),
        Sample(title: "Invalid", body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A_b"}}"#),
        Sample(title: "Unsupported media type", body: "{}"),
        Sample(title: "Malformed JSON", body: #"{"apiVersion":"#),
        // The title is of what was asked for; the server was not told so, and gave the object.
        Sample(title: "A table"),
        Sample(title: "Metadata only"),
        Sample(title: "Server-side apply creates (201)", body: applied("1"), type: "application/apply-patch+yaml"),
        Sample(title: "Server-side apply conflicts", body: applied("2"), type: "application/apply-patch+yaml"),
        Sample(title: "Delete with a wrong UID precondition", body: #"{"preconditions":{"uid":"wrong"}}"#),
        Sample(title: "Delete answers with a Status"),
        Sample(title: "Wrong token", token: "wrong"),
        Sample(title: "Aggregated discovery"),
        Sample(title: "Version"),
        Sample(
            title: "Forbidden", token: "of-a-service-account",
            deliberate: Deliberate(
                insteadAs: "Wrong token",
                why: """
                    There is one user, the administrator, who may do everything: no service account has a token, so one \
                    that is said to be such an account's is nobody's.
                    """)),
    ]

    private static func applied(_ value: String) -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ssa"},"data":{"x":"\#(value)"}}"#
    }

    /// Those groups of a real cluster of which the embedded server serves kinds.
    private static let groups: Set<String> = [
        "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "batch", "apiextensions.k8s.io",
        "coordination.k8s.io",
    ]

    @Test func `no section of the document is left out`() throws {
        let titles = try RawAnswer.all().map(\.title)
        #expect(Set(titles) == Set(Self.samples.map(\.title)))
        #expect(titles.count == 25)
    }

    @Test(arguments: samples)
    func `a raw request is answered as Kubernetes does`(sample: Sample) async throws {
        let asked = try RawAnswer.titled(sample.title)
        var expected = asked
        if let deliberate = sample.deliberate { expected = try .titled(deliberate.insteadAs) }
        try await Probe.withFolder { folder in
            try await runInProcess(folder) { plane, probe, _ in
                try await Self.withClient(probe) { send in
                    try await Self.fill(send, isApplied: asked.code != 201)
                    if sample.prepare == .compact {
                        let api = try #require(plane.api)
                        api.hub.forget(upTo: try await api.store.compact(keeping: 0))
                    }
                    let answer = try await RawAnswer(
                        asked, send(asked.method, asked.target, sample.body, sample.type, sample.token))
                    let (got, wanted) = (try answer.comparable(), try expected.comparable(groups: Self.groups))
                    #expect(got == wanted)
                }
            }
        }
    }

    private typealias Send = (
        _ method: String, _ target: String, _ body: String, _ type: String, _ token: String?
    ) async throws -> HTTPResponse

    /// As a client that knows the authority from the kubeconfig's folder.
    private static func withClient(_ probe: Probe, _ body: (Send) async throws -> Void) async throws {
        func read(_ name: String) throws -> String {
            try String(contentsOf: probe.state.appending(path: name), encoding: .utf8)
        }
        let tls = HTTPTLS(certificateAuthorities: Array(try read("ca.crt").utf8))
        let administrator = try read("token").trimmingCharacters(in: .whitespacesAndNewlines)
        let client = HTTPClient(configuration: HTTPClientConfiguration(tls: tls))
        do {
            try await body { method, target, text, type, token in
                var headers: HTTPHeaders = ["Authorization": "Bearer \(token ?? administrator)"]
                if !text.isEmpty { headers["Content-Type"] = type }
                return try await client.execute(
                    HTTPRequest(
                        method: method, url: probe.url + target, headers: headers,
                        body: text.isEmpty ? .none : .bytes(Array(text.utf8))))
            }
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// What there was on the real server.
    private static func fill(_ send: Send, isApplied: Bool) async throws {
        func make(_ method: String, _ target: String, _ body: String, _ type: String = "application/json") async throws
        {
            let response = try await send(method, target, body, type, nil)
            let answer = String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
            try #require(response.status == 201, "\(answer)")
        }
        try await make(
            "POST", "/api/v1/namespaces", #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"raw"}}"#)
        let maps = "/api/v1/namespaces/raw/configmaps"
        for name in ["a", "b"] {
            try await make(
                "POST", "\(maps)?fieldManager=kubectl-create",
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"x":"1"}}"#)
        }
        if isApplied {
            try await make("PATCH", "\(maps)/ssa?fieldManager=alice", applied("1"), "application/apply-patch+yaml")
        }
    }
}
