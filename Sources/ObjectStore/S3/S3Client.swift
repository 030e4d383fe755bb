import Cryptography
import Foundation
import HTTPTransport
import Synchronization

/// Signed requests with retries.
final class S3Client: Sendable {
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        /// Sent this often; above 1 an earlier one may have done its work without our hearing of it.
        var attempts: Int
    }

    let configuration: S3Configuration
    private let http: HTTPClient
    /// The server's clock minus ours, learnt from a refusal.
    private let skew = Mutex<TimeInterval>(0)

    static let attempts = 6

    init(_ configuration: S3Configuration) {
        self.configuration = configuration
        http = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: HTTPTLS(certificateAuthorities: configuration.certificateAuthorities), proxy: .environment))
    }

    func shutdown() async { await http.shutdown() }

    /// - Parameter key: nil for the bucket itself.
    func send(
        _ method: String, _ key: String?, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8] = [], limit: Int = 64 << 20, accept: Set<Int> = []
    ) async throws -> Reply {
        let payloadHash = SHA256.hexHash(body)
        var delay = Duration.milliseconds(150)
        var last = ObjectStoreError(.other, "not sent")
        for attempt in 1...Self.attempts {
            if attempt > 1 {
                try await Task.sleep(for: delay * Double.random(in: 0.3...1))
                delay = min(delay * 2.5, .seconds(10))
            }
            do {
                var reply = try await once(method, key, query, headers, body, payloadHash, limit)
                reply.attempts = attempt
                if (200..<300).contains(reply.status) || accept.contains(reply.status) { return reply }
                let (error, code) = failure(reply, key ?? "")
                if code == "RequestTimeTooSkewed", attempt == 1, adopt(reply.headers["Date"]) {
                    last = error
                    continue
                }
                guard error.isRetriable else { throw error }
                last = error
                if let wait = reply.headers["Retry-After"].flatMap({ Int($0) }) { delay = max(delay, .seconds(min(wait, 30))) }
            } catch let error as HTTPError {
                try Task.checkCancellation()
                let mapped = ObjectStoreError(
                    error.code == .tls ? .untrusted : .unreachable, "the store was not reached: \(error.message)",
                    key: key ?? "", isRetriable: error.isRetriable)
                guard error.isRetriable else { throw mapped }
                last = mapped
            }
        }
        throw last
    }

    private func once(
        _ method: String, _ key: String?, _ query: [(String, String)], _ extra: [(String, String)], _ body: [UInt8],
        _ payloadHash: String, _ limit: Int
    ) async throws -> Reply {
        let date = Date().addingTimeInterval(skew.withLock { $0 })
        let path = configuration.pathPrefix + "/" + (key.map { SigV4.escape($0, keepingSlashes: true) } ?? "")
        var headers = extra
        headers.append(("host", configuration.host))
        headers.append(("x-amz-date", SigV4.timestamp(date)))
        headers.append(("x-amz-content-sha256", payloadHash))
        if let token = configuration.credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let authorization = SigV4(credentials: configuration.credentials, region: configuration.region).authorization(
            method: method, path: path, query: query, headers: headers, payloadHash: payloadHash, date: date)
        var fields = HTTPHeaders()
        for (name, value) in headers where name != "host" { fields.add(name, value) }
        fields.add("authorization", authorization)
        let question = query.isEmpty ? "" : "?" + SigV4.canonicalQuery(query)
        let response = try await http.execute(
            HTTPRequest(
                method: method, url: configuration.origin + path + question, headers: fields,
                body: body.isEmpty ? .none : .bytes(body), timeout: .seconds(600), idleTimeout: .seconds(60)))
        let bytes = method == "HEAD" ? [] : try await response.body.collect(upTo: limit)
        return Reply(status: response.status, headers: response.headers, body: bytes, attempts: 1)
    }

    private func adopt(_ date: String?) -> Bool {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date, let time = format.date(from: date) else { return false }
        skew.withLock { $0 = time.timeIntervalSinceNow }
        return true
    }

    private func failure(_ reply: Reply, _ key: String) -> (ObjectStoreError, String) {
        let document = XMLTree.parse(reply.body)
        let code = document?["Code"]?.text ?? ""
        let said = document?["Message"]?.text ?? ""
        let bucket = configuration.bucket
        let detail = [code, said].filter { !$0.isEmpty }.joined(separator: ": ")
        let error: ObjectStoreError =
            switch (code, reply.status) {
            case ("NoSuchBucket", _):
                ObjectStoreError(.noSuchBucket, "there is no bucket \"\(bucket)\": create it, or correct spec.s3.bucket", key: key)
            case ("NoSuchKey", _), ("NoSuchUpload", _), ("", 404):
                ObjectStoreError(.notFound, "there is no such object in the store", key: key)
            case ("InvalidAccessKeyId", _), ("SignatureDoesNotMatch", _), ("ExpiredToken", _), ("InvalidToken", _):
                ObjectStoreError(
                    .invalidCredentials, "the store refused the credentials (\(code)): check the Secret of credentialsSecret",
                    key: key)
            case ("PreconditionFailed", _), (_, 412), ("ConditionalRequestConflict", _):
                ObjectStoreError(.preconditionFailed, "the object is there already, or has changed", key: key)
            case ("AccessDenied", _), (_, 403):
                ObjectStoreError(
                    .accessDenied, "the store refuses this to these credentials (\(detail)): check the bucket's policy", key: key)
            case ("SlowDown", _), (_, 429):
                ObjectStoreError(.throttled, "the store asks to slow down", key: key)
            case (_, 507), ("QuotaExceeded", _), ("XMinioStorageFull", _):
                ObjectStoreError(.full, "the store is full (\(detail))", key: key, isRetriable: false)
            case (_, 500...):
                ObjectStoreError(.unreachable, "the store failed (\(reply.status) \(detail))", key: key)
            default:
                ObjectStoreError(.other, "the store answered \(reply.status) \(detail)", key: key, isRetriable: reply.status == 408)
            }
        return (error, code)
    }
}
