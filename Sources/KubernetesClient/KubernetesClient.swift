import HTTPTransport
import Foundation
import KubernetesModel
public import Logging
import Synchronization

/// A client of one API server.
///
/// Unary requests and watches have an HTTP client each: a paused watch must not hold up a lease renewal.
/// Call ``shutdown()`` before letting it go.
public final class KubernetesClient: Sendable {
    public let configuration: ClusterConfiguration
    let unary: HTTPClient
    let watches: HTTPClient
    let credentials: CredentialProvider
    let discovery = Mutex<[String: [DiscoveredKind]]>([:])
    let logger: Logger
    let trust: Mutex<HTTPTLS>
    let trustChecked: Mutex<ContinuousClock.Instant>
    let rate: Mutex<TokenBucket<ContinuousClock.Instant>>
    let absence = Mutex(ServerAbsence<ContinuousClock.Instant>())

    /// How often certificate files are compared with what is in use.
    static let trustInterval = Duration.seconds(300)
    static let timeout = Duration.seconds(30)

    /// A server that does not even acknowledge bytes for so long is not reached any more (client-go's HTTP/2 ping is as patient).
    static let unacknowledged = Duration.seconds(30)

    /// A certificate that is not trusted may have been rotated a moment ago: a look at the files is worth it so often.
    static let trustRetryInterval = Duration.seconds(1)

    /// - Parameters:
    ///   - rate: requests a second, watches and lease renewals apart. client-go's own default of 5 is too few for anybody.
    ///   - burst: how many may go at once.
    /// - Throws: ``ClusterConfigurationError`` when a certificate cannot be read.
    public init(configuration: ClusterConfiguration, rate: Double = 50, burst: Int = 100, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let tls = try Self.readTrust(configuration)
        trust = Mutex(tls)
        trustChecked = Mutex(.now)
        self.rate = Mutex(TokenBucket(rate: rate, burst: burst))
        credentials = CredentialProvider(configuration.credential, cluster: configuration.execCluster(tls))
        unary = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: tls, proxy: configuration.proxy, version: .http2, unacknowledgedTimeout: Self.unacknowledged))
        watches = HTTPClient(
            configuration: HTTPClientConfiguration(
                tls: tls, proxy: configuration.proxy, version: .http1, unacknowledgedTimeout: Self.unacknowledged))
    }

    public func shutdown() async {
        await unary.shutdown()
        await watches.shutdown()
    }

    /// The older of the two curl threads' last rounds.
    public var lastActivity: ContinuousClock.Instant { min(unary.lastActivity, watches.lastActivity) }

    /// One request, without retries. Refreshes what has to be refreshed, and repeats once after a 401.
    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, contentType: String = "application/json",
        accept: String = "application/json", timeout: Duration? = KubernetesClient.timeout,
        idleTimeout: Duration? = nil,
        on client: HTTPClient? = nil,
        describing request: String
    ) async throws -> HTTPResponse {
        refreshTrust(notWithin: Self.trustInterval)
        var hasRefreshed = false
        var wasRefused = false
        while true {
            let authorization = try await credentials.authorization()
            if let certificate = authorization.certificate, let key = authorization.key {
                adopt(certificate: certificate, key: key)
            }
            var headers: HTTPHeaders = ["Accept": accept, "User-Agent": "dr/0.1"]
            if let header = authorization.header { headers["Authorization"] = header }
            if let other = configuration.impersonation { other.add(to: &headers) }
            if body != nil { headers["Content-Type"] = contentType }
            let response: HTTPResponse
            do {
                response = try await (client ?? unary).execute(
                    HTTPRequest(
                        method: method, url: configuration.server + path, headers: headers,
                        body: body.map { .bytes($0) } ?? .none, timeout: timeout, idleTimeout: idleTimeout))
            } catch let error as HTTPError {
                try Task.checkCancellation()
                if error.code == .tls, !hasRefreshed, refreshTrust(notWithin: Self.trustRetryInterval) {
                    hasRefreshed = true
                    continue
                }
                throw judged(KubernetesError(error, request: request))
            }
            if response.status == 401, !wasRefused {
                wasRefused = true
                await credentials.refused(authorization)
                continue
            }
            guard (200..<300).contains(response.status) else { throw judged(await failure(response, request)) }
            return response
        }
    }

    /// The whole answer, and what libcurl could not deliver of it as an error of ours.
    func bytes(_ response: HTTPResponse, _ request: String) async throws -> Data {
        do {
            return Data(try await response.body.collect(upTo: 256 << 20))
        } catch let error as HTTPError {
            try Task.checkCancellation()
            throw judged(KubernetesError(error, request: request))
        }
    }

    private func failure(_ response: HTTPResponse, _ request: String) async -> KubernetesError {
        let body = (try? await response.body.collect(upTo: 1 << 20)) ?? []
        let text = String(decoding: body.prefix(512), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let status =
            (try? JSONDecoder().decode(APIStatus.self, from: Data(body)))
            ?? APIStatus(message: text.isEmpty ? "HTTP \(response.status)" : text, code: response.status)
        return KubernetesError(
            status: status, code: response.status, request: request,
            retryAfter: response.headers["Retry-After"].flatMap { Int($0) })
    }
}
