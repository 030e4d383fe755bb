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
    try await withCertificates { folder in
        let files = ["\(certificate).crt", "\(certificate).key"] + (demandsClient ? ["ca.crt"] : [])
        return try await withScript("scripted_server", files.map { folder.appending(path: $0).path }) { port in
            try await body(ScriptedServer(port: port, folder: folder))
        }
    }
}

/// Runs one of the servers of `odd_server.py`.
func withOddServer<R: Sendable>(_ mode: String, _ body: (ScriptedServer) async throws -> R) async throws -> R {
    try await withCertificates { folder in
        let files = ["server.crt", "server.key"].map { folder.appending(path: $0).path }
        return try await withScript("odd_server", [mode] + files) { port in
            try await body(ScriptedServer(port: port, folder: folder))
        }
    }
}

private func withCertificates<R: Sendable>(_ body: (URL) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "http-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await makeCertificates(in: folder)
    return try await body(folder)
}

private func withScript<R: Sendable>(
    _ name: String, _ arguments: [String], _ body: (Int) async throws -> R
) async throws -> R {
    guard let script = Bundle.module.url(forResource: name, withExtension: "py", subdirectory: "Resources")
    else { throw CocoaError(.fileNoSuchFile) }
    return try await withChild(Command("python3", [script.path] + arguments)) { streams in
        let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CocoaError(.fileReadUnknown)
        }
        return try await body(port)
    }
}

/// A CA; a good server certificate, an expired one, one of another host; a client's; another CA and its server certificate.
private func makeCertificates(in folder: URL) async throws {
    let script = #"""
        set -e
        new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout $1.key -out $1.crt; }
        sign() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout $1.key -out $1.csr
          printf 'subjectAltName=%s' "$2" >$1.ext
          openssl x509 -req -in $1.csr -CA $4.crt -CAkey $4.key -CAcreateserial -extfile $1.ext -out $1.crt -days $3; }
        new ca; new otherca
        sign server DNS:localhost,DNS:server.test,IP:127.0.0.1 2 ca
        sign otherhost DNS:other.example.com 2 ca
        sign client DNS:client 2 ca
        sign expired DNS:localhost -1 ca
        sign rotated DNS:localhost 2 otherca
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

extension ScriptedServer {
    /// Asks the server for a count of what it saw until it is as wanted.
    func wait(until name: String, _ client: HTTPClient, _ isWanted: (Int) -> Bool) async throws {
        while !isWanted(try await seen(name, client)) { try await Task.sleep(for: .milliseconds(5)) }
    }

    func seen(_ name: String, _ client: HTTPClient) async throws -> Int {
        Int(try await client.execute(HTTPRequest(url: url("seen/\(name)"))).body.text()) ?? -1
    }
}
