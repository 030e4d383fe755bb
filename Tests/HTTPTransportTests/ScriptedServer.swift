import Foundation
import Processes

@testable import HTTPTransport

/// A scripted TLS server, and the certificates to reach it.
struct ScriptedServer {
    let port: Int
    let folder: URL

    func url(_ path: String, host: String = "localhost") -> String { "https://\(host):\(port)/\(path)" }

    func pem(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

    func configuration(_ version: HTTPClientConfiguration.Version = .http1) throws -> HTTPClientConfiguration {
        HTTPClientConfiguration(tls: HTTPTLS(certificateAuthorities: try pem("ca.crt")), version: version)
    }
}

/// Runs a server for the time of `body`.
func withScriptedServer<R: Sendable>(
    certificate: String = "server", demandsClient: Bool = false, _ body: (ScriptedServer) async throws -> R
) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "http-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await makeCertificates(in: folder)
    guard let script = Bundle.module.url(forResource: "scripted_server", withExtension: "py", subdirectory: "Resources")
    else { throw CocoaError(.fileNoSuchFile) }
    let arguments =
        [script.path, folder.appending(path: "\(certificate).crt").path, folder.appending(path: "\(certificate).key").path]
        + (demandsClient ? [folder.appending(path: "ca.crt").path] : [])
    return try await withChild(Command("python3", arguments)) { streams in
        let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw CocoaError(.fileReadUnknown) }
        return try await body(ScriptedServer(port: port, folder: folder))
    }
}

/// A CA; a good server certificate, an expired one, one of another host; a client's; and another CA.
private func makeCertificates(in folder: URL) async throws {
    let script = #"""
        set -e
        new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout $1.key -out $1.crt; }
        sign() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout $1.key -out $1.csr
          printf 'subjectAltName=%s' "$2" >$1.ext
          openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile $1.ext -out $1.crt $3 $4; }
        new ca; new otherca
        sign server DNS:localhost,IP:127.0.0.1 -days 2
        sign otherhost DNS:other.example.com -days 2
        sign client DNS:client -days 2
        sign expired DNS:localhost -days -1
        """#
    try await runChild(Command("bash", ["-c", script], workingDirectory: folder.path))
}

func withClient<R: Sendable>(
    _ configuration: HTTPClientConfiguration, _ body: (HTTPClient) async throws -> R
) async throws -> R {
    let client = HTTPClient(configuration: configuration)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

extension HTTPBody {
    func text() async throws -> String { String(decoding: try await collect(upTo: 64 << 20), as: UTF8.self) }
}
