import Foundation
import HTTPTransport
import KubernetesModel

/// The HTTP API of one server. Every error is a ``VaultError``; no request's body and no token gets into one.
final class VaultClient: Sendable {
    private let http: HTTPClient
    private let base: String
    private let namespace: String?
    private let token: String?

    /// Requests that a person waits for; a snapshot has only the idle limit.
    private static let timeout = Duration.seconds(60)
    private static let idle = Duration.seconds(60)
    private static let answerLimit = 32 << 20

    private init(http: HTTPClient, base: String, namespace: String?, token: String?) {
        self.http = http
        self.base = base
        self.namespace = namespace
        self.token = token
    }

    /// A client without a token for the time of `body`.
    static func with<R>(_ server: VaultServer, _ body: (VaultClient) async throws -> R) async throws -> R {
        let base = try server.base()
        let http = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: HTTPTLS(certificateAuthorities: server.certificateAuthorities.map { Array($0.utf8) }),
                proxy: .none,
                maxConnectionsPerHost: 8))
        do {
            let result = try await body(VaultClient(http: http, base: base, namespace: server.namespace, token: nil))
            await http.shutdown()
            return result
        } catch {
            await http.shutdown()
            if let error = error as? HTTPError { throw try Self.told(error) }
            throw error
        }
    }

    func with(token: String) -> VaultClient { VaultClient(http: http, base: base, namespace: namespace, token: token) }

    /// - Parameter path: Below `/v1/`, escaped where it holds what a person named.
    /// - Parameter policy: The line of a policy that allows this, for the person who reads the error.
    /// - Returns: The answer's JSON; `null` for an empty one.
    @discardableResult
    func call(_ method: String, _ path: String, _ body: JSON? = nil, policy: String? = nil) async throws -> JSON {
        let bytes = try await raw(method, path, body, policy: policy)
        if bytes.isEmpty { return .null }
        do { return try JSON(parsing: Data(bytes)) } catch {
            throw VaultError(
                .malformedAnswer, "\(method) \(path) was answered with something that is not JSON", field: "address",
                mend: "check that it is a Vault's")
        }
    }

    func raw(_ method: String, _ path: String, _ body: JSON? = nil, policy: String? = nil) async throws -> [UInt8] {
        let content = body.map { HTTPRequest.Body.bytes(Array($0.serialized())) } ?? .none
        let answer = try await send(method, path, content, timeout: Self.timeout, policy: policy)
        return try await told { try await answer.body.collect(upTo: Self.answerLimit) }
    }

    /// Sends a body that is JSON already.
    func write(_ path: String, text: [UInt8], policy: String? = nil) async throws {
        let answer = try await send("POST", path, .bytes(text), timeout: Self.timeout, policy: policy)
        _ = try await told { try await answer.body.collect(upTo: Self.answerLimit) }
    }

    /// The answer's body as it comes.
    func stream(_ path: String, policy: String? = nil) async throws -> HTTPBody {
        try await send("GET", path, .none, timeout: nil, policy: policy).body
    }

    /// - Throws: ``VaultError``; what `next` threw.
    func upload(
        _ path: String, length: Int64, policy: String? = nil, next: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws {
        let answer = try await send("POST", path, .stream(next, length: length), timeout: nil, policy: policy)
        _ = try await told { try await answer.body.collect(upTo: 1 << 20) }
    }

    private func send(
        _ method: String, _ path: String, _ body: HTTPRequest.Body, timeout: Duration?, policy: String?
    ) async throws -> HTTPResponse {
        var url = "\(base)/v1/\(path)"
        let what = "\(method) \(path.prefix { $0 != "?" })"
        // A standby sends us to the active node; a chain of more is a circle.
        for _ in 0..<3 {
            var headers: HTTPHeaders = ["X-Vault-Request": "true"]
            if let token { headers["X-Vault-Token"] = token }
            if let namespace, !namespace.isEmpty { headers["X-Vault-Namespace"] = namespace }
            if case .bytes = body { headers["Content-Type"] = "application/json" }
            let request = HTTPRequest(
                method: method, url: url, headers: headers, body: body, timeout: timeout, idleTimeout: Self.idle)
            let answer = try await told { try await http.execute(request) }
            if answer.status < 300 { return answer }
            if answer.status == 307 || answer.status == 308, let location = answer.headers["Location"] {
                url = try followed(location, from: url)
                // What was streamed is gone.
                if case .stream = body { throw Self.elsewhere(location) }
                continue
            }
            let text = (try? await answer.body.collect(upTo: 64 << 10)) ?? []
            let errors = (try? JSON(parsing: Data(text)))?["errors"]?.array?.compactMap(\.string) ?? []
            throw VaultError(status: answer.status, errors: errors, what: what, policy: policy)
        }
        throw VaultError(
            .standby, "\(what): the nodes send us round in a circle", field: "address",
            mend: "give the active node's address", isRetriable: true)
    }

    /// The token goes along only under TLS that is checked with the same authorities, or where it was sent in the clear anyway.
    private func followed(_ location: String, from url: String) throws -> String {
        guard
            location.lowercased().hasPrefix("https://")
                || (location.lowercased().hasPrefix("http://") && url.lowercased().hasPrefix("http://"))
        else { throw Self.elsewhere(location) }
        return location
    }

    private static func elsewhere(_ location: String) -> VaultError {
        let place = location.prefix { $0 != "?" }.prefix(200)
        return VaultError(
            .standby, "the node is a standby; the active one is at \(place)", field: "address",
            mend: "give that address", isRetriable: true)
    }

    private func told<R>(_ body: () async throws -> R) async throws -> R {
        do { return try await body() } catch let error as HTTPError { throw try Self.told(error) }
    }

    private static func told(_ error: HTTPError) throws -> VaultError {
        if error.code == .cancelled { throw CancellationError() }
        return VaultError(error)
    }
}
