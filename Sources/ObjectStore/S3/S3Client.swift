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

    /// How often a request is sent before its failure is told.
    enum Patience: Int {
        case once = 1
        /// Cleaning, which is done again later.
        case short = 3
        /// Some ten seconds.
        case usual = 6
        /// A minute: parts of something large, which would have to begin again.
        case long = 11
    }

    let configuration: S3Configuration
    private let http: HTTPClient
    private let pace: Double
    /// A store that neither takes nor gives a byte for so long has lost the request.
    private let silence: Duration
    /// The server's clock minus ours, learnt from a refusal.
    private let skew = Mutex<TimeInterval>(0)
    /// False once the store has said that it does not know `x-amz-checksum-…`.
    private let checksums = Mutex(true)

    var sendsChecksums: Bool { checksums.withLock { $0 } }

    init(_ configuration: S3Configuration, pace: Double, silence: Duration = .seconds(60)) {
        self.configuration = configuration
        self.pace = pace
        self.silence = silence
        http = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: HTTPTLS(certificateAuthorities: configuration.certificateAuthorities), proxy: .environment))
    }

    func shutdown() async { await http.shutdown() }

    /// - Parameters:
    ///   - key: nil for the bucket itself.
    ///   - accept: answers that are no errors, beside those of 200 and above.
    func send(
        _ method: String, _ key: String?, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8] = [], limit: Int = 64 << 20, accept: Set<Int> = [], patience: Patience = .usual
    ) async throws -> Reply {
        let digest = SHA256.hash(body)
        var delay = Duration.milliseconds(150)
        var last = ObjectStoreError(.other, "not sent")
        for attempt in 1...patience.rawValue {
            if attempt > 1 {
                try await Task.sleep(for: delay * pace * Double.random(in: 0.5...1))
                delay = min(delay * 2.5, .seconds(10))
            }
            do {
                var reply = try await once(method, key, query, headers, body, digest, limit)
                reply.attempts = attempt
                if (200..<300).contains(reply.status) || accept.contains(reply.status) { return reply }
                let (error, code) = failure(reply, key ?? "")
                if code == "RequestTimeTooSkewed", attempt == 1, adopt(reply.headers["Date"]) {
                    last = error
                    continue
                }
                last = error
                if Self.refusesChecksums(reply),
                    checksums.withLock({ known in
                        defer { known = false }
                        return known
                    })
                {
                    continue
                }
                guard error.isRetriable else { throw error }
                if let wait = reply.headers["Retry-After"].flatMap({ Int($0) }), wait > 0 {
                    delay = max(delay, .seconds(min(wait, 30)))
                }
            } catch let error as HTTPError {
                try Task.checkCancellation()
                last = failure(error, key ?? "")
                guard last.isRetriable else { throw last }
            }
        }
        throw last
    }

    private func once(
        _ method: String, _ key: String?, _ query: [(String, String)], _ extra: [(String, String)], _ body: [UInt8],
        _ digest: [UInt8], _ limit: Int
    ) async throws -> Reply {
        let date = Date().addingTimeInterval(skew.withLock { $0 })
        let path = configuration.pathPrefix + "/" + (key.map { SigV4.escape($0, keepingSlashes: true) } ?? "")
        var headers = extra
        headers.append(("host", configuration.host))
        headers.append(("x-amz-date", SigV4.timestamp(date)))
        let payloadHash = digest.hexString
        headers.append(("x-amz-content-sha256", payloadHash))
        // Not every store compares the bytes with the hash that is signed; those that know this header do.
        if method == "PUT", key != nil, sendsChecksums {
            headers.append(("x-amz-checksum-sha256", Data(digest).base64EncodedString()))
        }
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
                body: body.isEmpty ? .none : .bytes(body), timeout: .seconds(600 + body.count >> 17),
                idleTimeout: silence))
        let bytes = method == "HEAD" ? [] : try await response.body.collect(upTo: limit)
        return Reply(status: response.status, headers: response.headers, body: bytes, attempts: 1)
    }

    private static func refusesChecksums(_ reply: Reply) -> Bool {
        [400, 501].contains(reply.status)
            && String(decoding: reply.body, as: UTF8.self).lowercased().contains("x-amz-checksum")
    }

    private func adopt(_ date: String?) -> Bool {
        guard let time = date.flatMap(S3Dates.http) else { return false }
        skew.withLock { $0 = time.timeIntervalSinceNow }
        return true
    }
}
