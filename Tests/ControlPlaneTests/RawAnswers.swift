import Foundation
import HTTPTransport
import KubernetesModel
import Testing

/// A section of `raw.md`: what was asked, and what a real Kubernetes answered.
struct RawAnswer: Sendable {
    var title: String
    var method: String
    var target: String
    var code: Int
    var headers: HTTPHeaders
    var body: String

    /// All sections, in the order of the document.
    static func all() throws -> [RawAnswer] {
        let file = Bundle.module.bundleURL.appending(path: "Resources/raw.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return try text.components(separatedBy: "\n## ").dropFirst().map(RawAnswer.init(section:))
    }

    static func titled(_ title: String) throws -> RawAnswer {
        try #require(try all().first { $0.title == title }, "raw.md has no section \(title)")
    }

    private init(section: String) throws {
        title = String(section.prefix { $0 != "\n" })
        let request = try #require(section.firstMatch(of: /`(GET|POST|PUT|PATCH|DELETE) ([^`]+)`/))
        let answer = try #require(section.firstMatch(of: /```\nHTTP\/1\.1 (\d+)[^\n]*\n((?s:.*?))\n\n((?s:.*?))\n?```/))
        method = String(request.1)
        target = String(request.2)
        code = try #require(Int(answer.1))
        headers = [:]
        for line in answer.2.split(separator: "\n") {
            let field = try #require(line.firstMatch(of: /([^:]+): (.*)/))
            headers.add(String(field.1), String(field.2))
        }
        body = String(answer.3)
    }

    init(_ asked: RawAnswer, _ response: HTTPResponse) async throws {
        title = asked.title
        method = asked.method
        target = asked.target
        code = response.status
        headers = response.headers
        body = String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
    }

    var isWatch: Bool { target.contains("watch=true") && code == 200 }

    /// What must be the same: the code, the headers that clients act upon, and the documents, one for each line of a watch.
    func comparable(groups: Set<String>? = nil) throws -> Comparable {
        let texts = isWatch ? body.split(separator: "\n").map(String.init) : [body]
        return Comparable(
            code: code, contentType: headers["Content-Type"], retryAfter: headers["Retry-After"],
            contentTypeOptions: headers["X-Content-Type-Options"],
            // Of another answer it tells no more than how long its text is.
            isChunked: isWatch ? headers["Transfer-Encoding"] == "chunked" : nil,
            documents: texts.map { Self.normal($0, groups: groups) })
    }

    struct Comparable: Equatable {
        var code: Int
        var contentType: String?
        var retryAfter: String?
        var contentTypeOptions: String?
        var isChunked: Bool?
        var documents: [String]
    }

    /// Without what differs from one run, or one build, to the next.
    private static func normal(_ text: String, groups: Set<String>?) -> String {
        guard var document = try? JSON(parsing: text) else {
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if let groups, let all = document["groups"]?.array {
            document["groups"] = .array(all.filter { groups.contains($0["name"]?.string ?? "") })
        }
        // Of the build, not of the API.
        for name in ["gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"]
        where document[name]?.string != nil {
            document[name] = "BUILD"
        }
        return String(decoding: document.serialized(), as: UTF8.self)
            .replacing(/"uid":"[^"]*"/, with: #""uid":"UID""#)
            .replacing(/UID in (the precondition|record) \([^)]*\)/) { "UID in \($0.output.1) (UID)" }
            .replacing(/current: [0-9]+/, with: "current: N")
            .replacing(/too old resource version: 1 \([0-9]+\)/, with: "too old resource version: 1 (N)")
            .replacing(/"resourceVersion":"[0-9RV]+"/, with: #""resourceVersion":"RV""#)
            .replacing(/"(creationTimestamp|time)":"[^"]*"/) { "\"\($0.output.1)\":\"TIME\"" }
    }
}
