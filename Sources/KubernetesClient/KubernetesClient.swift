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
    private let trust: Mutex<HTTPTLS>
    private let trustChecked: Mutex<ContinuousClock.Instant>

    /// How often certificate files are compared with what is in use.
    static let trustInterval = Duration.seconds(300)
    static let timeout = Duration.seconds(30)

    public init(configuration: ClusterConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let tls = try Self.readTrust(configuration)
        trust = Mutex(tls)
        trustChecked = Mutex(.now)
        credentials = CredentialProvider(configuration.credential)
        unary = HTTPClient(
            configuration: HTTPClientConfiguration(tls: tls, proxy: configuration.proxy, version: .http2))
        watches = HTTPClient(
            configuration: HTTPClientConfiguration(tls: tls, proxy: configuration.proxy, version: .http1))
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
        accept: String = "application/json", timeout: Duration? = KubernetesClient.timeout, idleTimeout: Duration? = nil,
        on client: HTTPClient? = nil,
        describing request: String
    ) async throws -> HTTPResponse {
        refreshTrust()
        for attempt in 0... {
            let authorization = try await credentials.authorization()
            if let certificate = authorization.certificate, let key = authorization.key {
                adopt(certificate: certificate, key: key)
            }
            var headers: HTTPHeaders = ["Accept": accept, "User-Agent": "dr/0.1"]
            if let header = authorization.header { headers["Authorization"] = header }
            if body != nil { headers["Content-Type"] = contentType }
            let response: HTTPResponse
            do {
                response = try await (client ?? unary).execute(
                    HTTPRequest(
                        method: method, url: configuration.server + path, headers: headers,
                        body: body.map { .bytes($0) } ?? .none, timeout: timeout, idleTimeout: idleTimeout))
            } catch let error as HTTPError {
                try Task.checkCancellation()
                throw KubernetesError(error, request: request)
            }
            if response.status == 401, attempt == 0 {
                await credentials.refused(authorization)
                continue
            }
            guard (200..<300).contains(response.status) else { throw await failure(response, request) }
            return response
        }
        throw CancellationError()
    }

    /// The whole answer, and what libcurl could not deliver of it as an error of ours.
    func bytes(_ response: HTTPResponse, _ request: String) async throws -> Data {
        do {
            return Data(try await response.body.collect(upTo: 256 << 20))
        } catch let error as HTTPError {
            try Task.checkCancellation()
            throw KubernetesError(error, request: request)
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

    // MARK: Trust

    private static func readTrust(_ configuration: ClusterConfiguration) throws -> HTTPTLS {
        func read(_ material: ClusterConfiguration.Material?) throws -> [UInt8]? {
            switch material {
            case nil: return nil
            case .bytes(let bytes): return bytes
            case .file(let path):
                guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
                    throw ClusterConfigurationError(location: path, message: "cannot be read or is empty")
                }
                return [UInt8](data)
            }
        }
        return HTTPTLS(
            certificateAuthorities: try read(configuration.certificateAuthority),
            clientCertificate: try read(configuration.clientCertificate), clientKey: try read(configuration.clientKey),
            serverName: configuration.serverName, skipsVerification: configuration.skipsVerification)
    }

    /// Certificates that are files are rotated under us. An unreadable or empty one is passed over: it is being written.
    private func refreshTrust() {
        let isDue = trustChecked.withLock { last in
            guard ContinuousClock.now - last > Self.trustInterval else { return false }
            last = .now
            return true
        }
        guard isDue, let new = try? Self.readTrust(configuration) else { return }
        use { current in
            current.certificateAuthorities = new.certificateAuthorities
            if new.clientCertificate != nil {
                current.clientCertificate = new.clientCertificate
                current.clientKey = new.clientKey
            }
        }
    }

    private func adopt(certificate: [UInt8], key: [UInt8]) {
        use { current in
            current.clientCertificate = certificate
            current.clientKey = key
        }
    }

    private func use(_ change: (inout HTTPTLS) -> Void) {
        let changed = trust.withLock { current -> HTTPTLS? in
            let before = current
            change(&current)
            return current == before ? nil : current
        }
        guard let changed else { return }
        unary.update(tls: changed)
        watches.update(tls: changed)
    }
}
