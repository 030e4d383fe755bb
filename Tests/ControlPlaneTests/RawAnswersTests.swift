@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

/// `raw.md` holds what a real Kubernetes answered to raw requests: codes and documents must be the same.
@Suite struct RawAnswersTests {
    /// A section of `raw.md` and, where it was sent one, the request's body.
    struct Sample: Sendable, CustomTestStringConvertible {
        var title: String
        var body: JSON?
        var type = "application/json"
        /// Instead of the body, for one that is no document.
        var text: String?

        var testDescription: String { title }
    }

    private static let applied: JSON = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "ssa"], "data": ["x": "2"],
    ]

    private static let first: JSON = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "ssa"], "data": ["x": "1"],
    ]

    static let samples = [
        Sample(title: "List at a version of the future"),
        Sample(title: "A broken continue token"),
        Sample(title: "sendInitialEvents without its partners"),
        Sample(title: "Not found"),
        Sample(title: "Unknown path"),
        Sample(title: "Scale subresource of something missing"),
        Sample(
            title: "Conflict on a stale version",
            body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "resourceVersion": "1"]]),
        Sample(title: "Already exists", body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]]),
        Sample(title: "Invalid", body: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "A_b"]]),
        Sample(title: "Unsupported media type", body: [:], type: "application/json"),
        Sample(title: "Malformed JSON", text: #"{"apiVersion":"#),
        // The title is of what was asked for; the server was not told so, and gave the object.
        Sample(title: "A table"),
        Sample(title: "Metadata only"),
        Sample(title: "Server-side apply creates (201)", body: first, type: "application/apply-patch+yaml"),
        Sample(title: "Delete with a wrong UID precondition", body: ["preconditions": ["uid": "wrong"]]),
        Sample(title: "Delete answers with a Status"),
        Sample(title: "Server-side apply conflicts", body: applied, type: "application/apply-patch+yaml"),
    ]

    @Test(arguments: samples)
    func `a raw request is answered as Kubernetes does`(sample: Sample) async throws {
        let section = try Self.section(sample.title)
        try await TestAPI.run { test in
            let namespace: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "raw"]]
            try await test.send(.post, "/api/v1/namespaces", namespace)
            let maps = "/api/v1/namespaces/raw/configmaps"
            for name in ["a", "b"] { try await test.send(.post, "\(maps)?fieldManager=kubectl-create", test.configMap(name)) }
            if section.code != 201 {
                try await test.send(.patch, "\(maps)/ssa?fieldManager=alice", Self.first, type: "application/apply-patch+yaml")
            }
            let answer = try await test.send(section.method, section.target, sample.body, type: sample.type, text: sample.text)
            #expect(answer.code == section.code)
            if let document = try? JSONText.parse(section.body) {
                #expect(Self.normal(answer.document) == Self.normal(document))
            } else {
                let said = answer.document.string ?? answer.document["message"]?.string ?? ""
                #expect(said.trimmingCharacters(in: .whitespacesAndNewlines) == section.body)
            }
        }
    }

    /// Uids and versions are of no meaning.
    private static func normal(_ document: JSON) -> String {
        String(decoding: JSONText.bytes(document), as: UTF8.self)
            .replacing(/"uid":"[^"]*"/, with: #""uid":"UID""#)
            .replacing(/UID in (the precondition|record) \([^)]*\)/) { "UID in \($0.output.1) (UID)" }
            .replacing(/current: [0-9]+/, with: "current: N")
            .replacing(/"resourceVersion":"[^"]*"/, with: #""resourceVersion":"RV""#)
            .replacing(/"(creationTimestamp|time)":"[^"]*"/) { "\"\($0.output.1)\":\"TIME\"" }
    }

    private struct Section {
        var method: APIRequest.Method
        var target: String
        var code: Int
        var body: String
    }

    private static func section(_ title: String) throws -> Section {
        let file = Bundle.module.bundleURL.appending(path: "Resources/raw.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let part = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("\(title)\n") })
        let request = try #require(part.firstMatch(of: /`(GET|POST|PUT|PATCH|DELETE) ([^`]+)`/))
        let answer = try #require(part.firstMatch(of: /```\nHTTP\/1\.1 (\d+)(?s:.*?)\n\n((?s:.*?))\n```/))
        return Section(
            method: try #require(APIRequest.Method(rawValue: String(request.1))), target: String(request.2),
            code: try #require(Int(answer.1)), body: String(answer.2).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
