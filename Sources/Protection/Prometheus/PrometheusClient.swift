import Foundation
import HTTPTransport

/// The calls of Prometheus's HTTP API that a backup needs. Answers are bounded; error texts of a server are cut short.
struct PrometheusClient: Sendable {
    private let base: String
    private let server: PrometheusServer
    private let http: HTTPClient

    static func with<R>(_ server: PrometheusServer, _ body: (PrometheusClient) async throws -> R) async throws -> R {
        let base = try server.checkedURL()
        let http = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: HTTPTLS(certificateAuthorities: server.certificateAuthorities.map { Array($0.utf8) })))
        let result: Result<R, any Error>
        do { result = .success(try await body(PrometheusClient(base: base, server: server, http: http))) } catch {
            result = .failure(error)
        }
        await http.shutdown()
        return try result.get()
    }

    /// Asks for a snapshot of everything, the head block too.
    /// - Returns: The name of its folder.
    func snapshot() async throws -> String {
        struct Answer: Decodable { var name: String }
        // Writing the head block of a large server takes minutes; meanwhile nothing arrives.
        let answer: Answer = try await call("POST", "/api/v1/admin/tsdb/snapshot", timeout: .seconds(3600))
        guard SnapshotName.isOne(answer.name) else {
            throw PrometheusError(
                .malformedAnswer, "the server names its snapshot \"\(answer.name.prefix(80))\", which is no name of one"
            )
        }
        return answer.name
    }

    /// The one number that an instant query gives; 0 where its result is empty.
    func number(_ query: String, at milliseconds: Int64) async throws -> Double {
        let result = try await vector(query, at: milliseconds)
        guard result.count <= 1 else {
            throw PrometheusError(
                .malformedAnswer, "the query gives \(result.count) results instead of one number", field: "query")
        }
        return result.first ?? 0
    }

    private func vector(_ query: String, at milliseconds: Int64) async throws -> [Double] {
        struct Answer: Decodable {
            struct Sample: Decodable {
                var value: Double?
                init(from decoder: any Decoder) throws {
                    enum Key: CodingKey { case value }
                    var pair = try decoder.container(keyedBy: Key.self).nestedUnkeyedContainer(forKey: .value)
                    _ = try pair.decode(Double.self)
                    value = Double(try pair.decode(String.self))
                }
            }
            var resultType: String
            var result: [Sample]
        }
        let form = "query=\(Self.escape(query))&time=\(Self.seconds(milliseconds))&timeout=120s"
        let answer: Answer = try await call("POST", "/api/v1/query", form: form, timeout: .seconds(150))
        return answer.result.compactMap(\.value)
    }

    func flags() async throws -> [String: String] { try await call("GET", "/api/v1/status/flags") }

    func version() async throws -> String {
        struct Answer: Decodable { var version: String }
        let answer: Answer = try await call("GET", "/api/v1/status/buildinfo")
        return answer.version
    }

    /// As the server tells it: `15d or 10GiB`.
    func retention() async throws -> String {
        struct Answer: Decodable { var storageRetention: String }
        let answer: Answer = try await call("GET", "/api/v1/status/runtimeinfo")
        return answer.storageRetention
    }

    /// What it has in memory: from, to (milliseconds since 1970), and how many series and chunks.
    struct Head: Decodable {
        var numSeries: Int64
        var minTime: Int64
        var maxTime: Int64
        var chunkCount: Int64?

        /// As the block that a snapshot makes of it; nil while it is empty. A chunk is cut at 120 samples.
        var block: BlockMeta? {
            guard numSeries > 0, minTime <= maxTime else { return nil }
            return BlockMeta(
                ulid: "head", minTime: minTime, maxTime: maxTime + 1,
                stats: .init(numSamples: chunkCount.map { $0 * 120 }, numSeries: numSeries))
        }
    }

    func head() async throws -> Head {
        struct Answer: Decodable { var headStats: Head }
        let answer: Answer = try await call("GET", "/api/v1/status/tsdb")
        return answer.headStats
    }

    /// As it was loaded, with the defaults that the server fills in.
    func configuration() async throws -> String {
        struct Answer: Decodable { var yaml: String }
        let answer: Answer = try await call("GET", "/api/v1/status/config")
        return answer.yaml
    }

    private struct Envelope<Value: Decodable>: Decodable {
        var status: String
        var data: Value?
        var error: String?
    }

    private struct Nothing: Decodable {}

    private func call<Value: Decodable>(
        _ method: String, _ path: String, form: String? = nil, timeout: Duration = .seconds(30)
    ) async throws -> Value {
        var request = HTTPRequest(method: method, url: base + path, timeout: timeout)
        if let form {
            request.headers.add("Content-Type", "application/x-www-form-urlencoded")
            request.body = .bytes(Array(form.utf8))
        } else if method == "POST" {
            request.body = .bytes([])
        }
        if let user = server.username {
            request.headers.add(
                "Authorization", "Basic " + Data("\(user):\(server.password ?? "")".utf8).base64EncodedString())
        } else if let token = server.token {
            request.headers.add("Authorization", "Bearer \(token)")
        }
        let status: Int
        let bytes: [UInt8]
        do {
            let response = try await http.execute(request)
            status = response.status
            bytes = try await response.body.collect(upTo: 32 << 20)
        } catch let error as HTTPError {
            throw PrometheusError(error)
        }
        guard status == 200 else {
            let said = (try? JSONDecoder().decode(Envelope<Nothing>.self, from: Data(bytes)))?.error ?? ""
            throw PrometheusError(status: status, said: hidden(said), path: path)
        }
        guard let answer = try? JSONDecoder().decode(Envelope<Value>.self, from: Data(bytes)),
            answer.status == "success", let data = answer.data
        else {
            throw PrometheusError(
                .malformedAnswer, "\(path) is not answered as Prometheus does", field: "url",
                mend: "check that a Prometheus server is there, and its route prefix")
        }
        return data
    }

    private func hidden(_ text: String) -> String {
        [server.password, server.token].compactMap { $0 }.filter { !$0.isEmpty }.reduce(String(text.prefix(400))) {
            $0.replacing($1, with: "[hidden]")
        }
    }

    static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            return isPlain
                ? String(UnicodeScalar(byte))
                : "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
        }.joined()
    }

    /// Seconds with three digits: a binary fraction would move the instant.
    static func seconds(_ milliseconds: Int64) -> String {
        let rest = String(abs(milliseconds % 1000))
        return
            "\(milliseconds < 0 && milliseconds > -1000 ? "-" : "")\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

extension PrometheusError {
    init(_ error: HTTPError) {
        switch error.code {
        case .tls:
            self.init(
                .tls, error.description, field: "caSecret",
                mend: "check that it holds the server's certificate authority")
        default:
            self.init(
                .unreachable, error.description, field: "url",
                mend: "check that the server runs and can be reached from here",
                isRetriable: error.isRetriable)
        }
    }

    init(status: Int, said: String, path: String) {
        let text = said.isEmpty ? "\(path) is answered with \(status)" : "\(path) is answered with \(status): \(said)"
        switch status {
        case 401:
            self.init(
                .authenticationFailed, text, field: "credentialsSecret",
                mend: "check its username and password, or its token")
        case 403: self.init(.forbidden, text, field: "credentialsSecret", mend: "check what its user may do")
        case _ where said.contains("admin APIs disabled") || (status == 404 && path.hasPrefix("/api/v1/admin/")):
            self.init(.adminDisabled, text, field: "url", mend: "start the server with --web.enable-admin-api")
        case 404: self.init(.serverError, text, field: "url", mend: "check the address and its route prefix")
        default: self.init(.serverError, text, isRetriable: status >= 500 || status == 429)
        }
    }
}
