import KubernetesModel
import Logging

/// A request as the API sees it, after authentication and with its whole body.
struct APIRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    var method: Method
    /// Percent-decoded, without empty pieces.
    var path: [String]
    var query: Query
    var accept: String = ""
    var contentType: String = ""
    var userAgent: String = ""
    var ifNoneMatch: String?
    var body: [UInt8] = []

    /// The parameters of the query, by name; of a repeated one the first counts.
    struct Query: Sendable {
        private var values: [String: String]

        init(_ pairs: [(String, String)] = []) {
            values = Dictionary(pairs) { first, _ in first }
        }

        /// nil when missing or empty.
        subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

        func isTrue(_ name: String) -> Bool {
            // `?watch` alone means true, as in Go's conversion of query parameters.
            guard let value = values[name] else { return false }
            return ["", "1", "t", "T", "true", "TRUE", "True"].contains(value)
        }

        func integer(_ name: String) throws(APIFailure) -> Int? {
            guard let text = self[name] else { return nil }
            guard let value = Int(text) else {
                throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
            }
            return value
        }
    }
}

/// What the API answers.
struct APIResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case watch(WatchSession)
    }

    var code = 200
    var headers: [(name: String, value: String)] = [("Content-Type", "application/json")]
    var body: Body

    init(_ code: Int = 200, bytes: [UInt8], contentType: String = "application/json") {
        self.code = code
        // Documents end with a newline, as Go's encoder writes them.
        body = .bytes(contentType.hasPrefix("application/json") ? bytes + [UInt8(ascii: "\n")] : bytes)
        headers = [("Content-Type", contentType)]
    }

    init(_ code: Int = 200, document: JSON) {
        self.init(code, bytes: JSONText.bytes(document))
    }

    init(watch: WatchSession) {
        body = .watch(watch)
    }

    init(_ failure: APIFailure) {
        if failure.isPlainText {
            self.init(
                failure.code, bytes: Array((failure.status.message ?? "").utf8),
                contentType: "text/plain; charset=utf-8")
            headers.append(("X-Content-Type-Options", "nosniff"))
        } else {
            self.init(failure.code, document: failure.document)
        }
        if let seconds = failure.retryAfter { headers.append(("Retry-After", String(seconds))) }
    }

    /// Adds warnings for people, which kubectl prints (RFC 7234, code 299).
    mutating func warn(_ messages: [String]) {
        for message in messages {
            let quoted = message.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: " ")
            headers.append(("Warning", "299 - \"\(quoted)\""))
        }
    }
}
