public import Cryptography
public import Foundation
import HTTPTransport
public import KubernetesClient
public import KubernetesModel
public import Logging
import Processes

/// A TLS server that answers what a test tells it, with a certificate authority of its own.
public struct ScriptedAPIServer: Sendable {
    public let port: Int
    public let folder: URL
    public let authority: CertificateAuthority
    let control: HTTPClient

    public var url: String { "https://localhost:\(port)" }

    /// What a request was.
    public struct Request: Codable, Sendable, Hashable {
        /// `GET /api/v1/namespaces?limit=500`
        public var line: String
        public var headers: [String: String]
        public var body: String
        /// The common name of the client's certificate.
        public var client: String
        /// Whether it came over a connection for which the client offered HTTP/2. This server does not speak it.
        public var offersHTTP2: Bool
    }

    /// Replaces the rules; see the script for their fields.
    public func script(_ rules: [JSON]) async throws { try await post("_script", JSON.array(rules)) }
    public func release() async throws { try await post("_release", [:]) }
    /// New connections get another certificate.
    public func rotate(_ certificate: String, _ key: String) async throws {
        try await post("_rotate", [.string(certificate), .string(key)])
    }

    public func requests() async throws -> [Request] {
        let response = try await control.execute(HTTPRequest(url: "\(url)/_requests"))
        return try JSONDecoder().decode([Request].self, from: Data(try await response.body.collect(upTo: 64 << 20)))
    }

    public func lines() async throws -> [String] { try await requests().map(\.line) }

    /// Asks until what was requested is as wanted.
    public func wait(_ isWanted: ([String]) -> Bool) async throws {
        while !isWanted(try await lines()) { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func post(_ path: String, _ body: JSON) async throws {
        let response = try await control.execute(
            HTTPRequest(method: "POST", url: "\(url)/\(path)", body: .bytes([UInt8](body.serialized()))))
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    public func configuration(
        _ credential: ClusterConfiguration.Credential = .token("t0ken")
    ) -> ClusterConfiguration {
        ClusterConfiguration(
            server: url, certificateAuthority: .file(folder.appending(path: "ca.crt").path), credential: credential)
    }

    /// Writes a PEM text into the folder.
    @discardableResult
    public func write(_ text: String, _ name: String) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file, options: .atomic)
        return file.path
    }
}

/// Runs a server, and a client of it, for the time of `body`.
public func withScriptedAPIServer<R: Sendable>(
    _ rules: [JSON] = [], _ body: (ScriptedAPIServer) async throws -> R
) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "api-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let authority = try CertificateAuthority.create(commonName: "test", validFor: .seconds(86400))
    let issued = try authority.issue(
        server: "localhost", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], validFor: .seconds(86400))
    for (name, text) in [
        ("ca.crt", authority.certificatePEM), ("server.crt", issued.certificatePEM),
        ("server.key", issued.privateKeyPEM),
    ] { try Data(text.utf8).write(to: folder.appending(path: name)) }
    guard
        let script = Bundle.module.url(
            forResource: "scripted_api_server", withExtension: "py", subdirectory: "Resources")
    else { throw CocoaError(.fileNoSuchFile) }
    let files = ["server.crt", "server.key", "ca.crt"].map { folder.appending(path: $0).path }
    return try await withChild(Command("python3", [script.path] + files)) { streams in
        let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CocoaError(.fileReadUnknown)
        }
        let control = HTTPClient(configuration: HTTPClientConfiguration(tls: HTTPTLS(skipsVerification: true)))
        let server = ScriptedAPIServer(port: port, folder: folder, authority: authority, control: control)
        do {
            try await server.script(rules)
            let result = try await body(server)
            await control.shutdown()
            return result
        } catch {
            await control.shutdown()
            throw error
        }
    }
}

public let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension ScriptedAPIServer {
    public func withClient<R: Sendable>(
        _ configuration: ClusterConfiguration? = nil, rate: Double = 1000,
        _ body: (KubernetesClient) async throws -> R
    ) async throws -> R {
        let client = try KubernetesClient(
            configuration: configuration ?? self.configuration(), rate: rate, burst: 1000, logger: quiet)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
