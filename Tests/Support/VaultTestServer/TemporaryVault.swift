import Cryptography
public import Foundation
import Processes
import Synchronization

/// An OpenBao of its own for the time of a test: raft storage in a fresh folder, TLS with an authority of its own, a free
/// loopback port. It ends with the body, and with the test process.
public final class TemporaryVault: Sendable {
    public struct Failure: Error, CustomStringConvertible { public let description: String }

    public let folder: URL
    public let address: String
    /// The authority that signed the server's certificate, in PEM.
    public let certificateAuthority: String
    /// As `operator init` printed them; empty until ``initialise(shares:threshold:)``.
    public var keys: [String] { secrets.withLock { $0.keys } }
    public var token: String { secrets.withLock { $0.token } }
    private let secrets = Mutex<(keys: [String], token: String)>(([], ""))
    private let caFile: String

    private init(folder: URL, address: String, certificateAuthority: String, caFile: String) {
        self.folder = folder
        self.address = address
        self.certificateAuthority = certificateAuthority
        self.caFile = caFile
    }

    /// - Parameter shares: nil leaves it uninitialised; else it is initialised, unsealed, and has KV version 2 at `secret/`.
    public static func with<R: Sendable>(
        shares: Int? = 5, threshold: Int = 3, storage: String = "raft",
        _ body: @escaping @Sendable (TemporaryVault) async throws -> R
    ) async throws -> R {
        // Another test's server may take a port between asking for it and using it.
        for _ in 0..<3 {
            do { return try await run(shares, threshold, storage, body) } catch let error as Failure
                where error.description.contains("address already in use")
            {}
        }
        return try await run(shares, threshold, storage, body)
    }

    private static func run<R: Sendable>(
        _ shares: Int?, _ threshold: Int, _ storage: String,
        _ body: @escaping @Sendable (TemporaryVault) async throws -> R
    ) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-vault-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder.appending(path: "data"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try CertificateAuthority.create(commonName: "test vault", validFor: .seconds(86_400))
        let certificate = try authority.issue(
            server: "localhost", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], validFor: .seconds(86_400))
        for (name, text) in [
            ("ca.crt", authority.certificatePEM), ("server.crt", certificate.certificatePEM),
            ("server.key", certificate.privateKeyPEM),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        let ports = [try freeLoopbackPort(), try freeLoopbackPort()]
        let kept =
            storage == "raft"
            ? #"storage "raft" { path = "\#(folder.path)/data"  node_id = "test" }"# : #"storage "\#(storage)" {}"#
        let configuration = """
            \(kept)
            listener "tcp" { address = "127.0.0.1:\(ports[0])"  cluster_address = "127.0.0.1:\(ports[1])"
              tls_cert_file = "\(folder.path)/server.crt"  tls_key_file = "\(folder.path)/server.key" }
            api_addr = "https://localhost:\(ports[0])"
            cluster_addr = "https://127.0.0.1:\(ports[1])"
            log_level = "warn"
            """
        try Data(configuration.utf8).write(to: folder.appending(path: "server.hcl"))
        let command = Command(
            "bao", ["server", "-config=\(folder.path)/server.hcl"], workingDirectory: folder.path, endSignal: .kill,
            diesWithParent: .kill)
        let vault = TemporaryVault(
            folder: folder, address: "https://localhost:\(ports[0])", certificateAuthority: authority.certificatePEM,
            caFile: folder.appending(path: "ca.crt").path)
        // What it said says more than how it ended.
        let ended = Mutex<Failure?>(nil)
        do {
            return try await withServer(command) { child in
                do {
                    try await vault.waitUntilAnswering(child)
                    if let shares { try await vault.prepare(shares: shares, threshold: threshold) }
                    return try await body(vault)
                } catch {
                    if child.hasEnded {
                        ended.withLock { $0 = Failure(description: "OpenBao has ended: \(error): \(child.lastWords)") }
                    }
                    throw error
                }
            }
        } catch { throw ended.withLock { $0 } ?? error }
    }

    private func prepare(shares: Int, threshold: Int) async throws {
        try await initialise(shares: shares, threshold: threshold)
        try await unseal()
        try await bao(["secrets", "enable", "-path=secret", "-version=2", "kv"])
        try await put("secret/canary", ["value": "sings"])
    }

    public func initialise(shares: Int, threshold: Int) async throws {
        let text = try await bao([
            "operator", "init", "-key-shares=\(shares)", "-key-threshold=\(threshold)", "-format=json",
        ])
        struct Answer: Decodable { var unseal_keys_b64: [String]; var root_token: String }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        secrets.withLock { $0 = (answer.unseal_keys_b64, answer.root_token) }
    }

    public func unseal() async throws {
        for key in keys { _ = try? await bao(["operator", "unseal", key]) }
        try await retry { _ = try await self.bao(["token", "lookup"]) }
    }

    /// Stock `bao` against this server, as root.
    @discardableResult
    public func bao(_ arguments: [String], token: String? = nil, input: String = "") async throws -> String {
        let environment = [
            "BAO_ADDR": address, "BAO_CACERT": caFile, "BAO_TOKEN": token ?? self.token, "HOME": folder.path,
        ]
        return String(
            decoding: try await runChild(Command("bao", arguments, environment: environment), input: Array(input.utf8)),
            as: UTF8.self
        )
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes a secret as JSON by standard input. KV version 2 takes a moment after it is enabled.
    public func put(_ path: String, _ secret: [String: String]) async throws {
        let text = String(decoding: try JSONEncoder().encode(secret), as: UTF8.self)
        try await retry { try await self.bao(["kv", "put", path, "-"], input: text) }
    }

    public func get(_ path: String, _ key: String, token: String? = nil) async throws -> String {
        try await bao(["kv", "get", "-field=\(key)", path], token: token)
    }

    public func makeToken(policy: String, _ arguments: [String] = []) async throws -> String {
        let name = "p\(UUID().uuidString.prefix(8).lowercased())"
        try await bao(["policy", "write", name, "-"], input: policy)
        return try await bao(["token", "create", "-policy=\(name)", "-field=token"] + arguments)
    }

    private func waitUntilAnswering(_ child: Server) async throws {
        try await retry {
            // 2: it answers and is sealed. A server that has ended never will.
            do { try await self.bao(["status"]) } catch let error as ProcessError where error.code == .exited(2) {
            } catch {
                guard child.hasEnded else { throw error }
            }
        }
        if child.hasEnded { throw Failure(description: "no answer") }
    }

    private func retry(_ body: () async throws -> Void) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do { return try await body() } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
