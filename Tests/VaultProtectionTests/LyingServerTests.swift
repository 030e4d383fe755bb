import BackupArchive
import Foundation
import Processes
import Testing
import VaultProtection
import VaultTestServer

@Suite struct LyingServerTests {
    /// A proxy before the site's Vault, for the time of a call.
    static func proxy<R: Sendable>(_ site: Site, _ lie: String, _ body: (String) async throws -> R) async throws -> R {
        let script = try #require(
            Bundle.module.path(forResource: "lying_proxy", ofType: "py", inDirectory: "Resources"))
        let arguments = [script, site.vault.address, site.vault.folder.appending(path: "ca.crt").path, lie]
        return try await withChild(Command("python3", arguments, diesWithParent: .kill)) { streams in
            var line = ""
            while !line.hasSuffix("\n") {
                let piece = try await streams.output.read(upTo: 64)
                try #require(!piece.isEmpty)
                line += String(decoding: piece, as: UTF8.self)
            }
            return try await body("http://127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))")
        }
    }

    @Test func `A snapshot that was cut, changed or is none is no backup, however properly it ends`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            for lie in ["cut", "flipped", "empty", "text", "hangup"] {
                try await Self.proxy(site, lie) { address in
                    let error = await #expect(throws: VaultError.self, "\(lie)") {
                        try await site.backUp("x", server: site.server(address: address))
                    }
                    #expect(
                        error?.code == (lie == "hangup" ? .unreachable : .incompleteSnapshot)
                            && error?.isRetriable == true, "\(lie): \(String(describing: error))")
                }
                let files = FileManager.default.enumerator(
                    at: site.folder.appending(path: "store"), includingPropertiesForKeys: [.isRegularFileKey])
                let left = files?.compactMap { $0 as? URL }.filter {
                    (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
                }
                // Which version of the layout the folder has: written before anything else.
                .filter { $0.lastPathComponent != "format.json" }
                #expect(left?.isEmpty ?? true, "\(lie) left \(left ?? [])")
            }
            // The same proxy without a lie, and one that sends to the active node.
            for (name, lie) in [("true", "none"), ("standby", "elsewhere")] {
                let manifest = try await Self.proxy(site, lie) { address in
                    try await site.backUp(name, server: site.server(address: address))
                }
                #expect(try await site.verify(manifest).checks.count == 4)
            }
        }
    }

    @Test func `No token and no key stands in a file, an error or a manifest when it is over`() async throws {
        try await Site.with { site in
            let manifest = try await site.backUp()
            _ = try await site.verify(manifest, proof: site.proof())
            let secrets = site.vault.keys + [site.vault.token, "sings"]
            let files = FileManager.default.enumerator(at: site.folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard let data = try? Data(contentsOf: file) else { continue }
                for secret in secrets { #expect(data.range(of: Data(secret.utf8)) == nil, "\(file.path)") }
            }
        }
    }

    /// OpenBao's jwt method takes the same login as the kubernetes one, and needs no cluster to check the token.
    @Test func `A login with a service account's token is used and given back`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let folder = site.folder
            let key = folder.appending(path: "key.pem").path
            let secret = try await runChild(Command("openssl", ["genrsa", "2048"]))
            try Data(secret).write(to: URL(filePath: key))
            let open = String(
                decoding: try await runChild(Command("openssl", ["rsa", "-in", key, "-pubout"])), as: UTF8.self)
            func coded(_ data: Data) -> String {
                data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            }
            let now = Int(Date().timeIntervalSince1970)
            let claims = #"{"aud":"vault","sub":"dr","iat":\#(now),"nbf":\#(now - 60),"exp":\#(now + 3600)}"#
            let head = coded(Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8)) + "." + coded(Data(claims.utf8))
            let signature = try await runChild(
                Command("openssl", ["dgst", "-sha256", "-sign", key]), input: Array(head.utf8))
            let path = folder.appending(path: "token").path
            try Data("\(head).\(coded(Data(signature)))\n".utf8).write(to: URL(filePath: path))

            let vault = site.vault
            try await vault.bao(["auth", "enable", "-path=kubernetes", "jwt"])
            try await vault.bao(["write", "auth/kubernetes/config", "jwt_validation_pubkeys=\(open)"])
            try await vault.bao(
                ["policy", "write", "snapshots", "-"],
                input:
                    #"path "sys/storage/raft/snapshot" { capabilities = ["read"] } path "sys/key-status" { capabilities = ["read"] }"#
            )
            try await vault.bao([
                "write", "auth/kubernetes/role/dr", "role_type=jwt", "bound_audiences=vault", "user_claim=sub",
                "token_policies=snapshots", "token_ttl=1h",
            ])
            func server(_ role: String, _ file: String) -> VaultServer {
                VaultServer(
                    address: vault.address, login: .kubernetes(role: role, mount: "kubernetes", tokenPath: file),
                    certificateAuthorities: vault.certificateAuthority)
            }
            func accessors() async throws -> Set<Substring> {
                Set(
                    try await vault.bao(["list", "-format=json", "auth/token/accessors"]).split {
                        !($0.isLetter || $0.isNumber)
                    })
            }
            let before = try await accessors()
            #expect(try await site.backUp(server: server("dr", path), canary: nil).record.warnings == [])
            #expect(try await accessors() == before, "the token was not given back")
            let role = await #expect(throws: VaultError.self) {
                try await site.backUp("x", server: server("no such", path))
            }
            #expect(role?.code == .tokenInvalid && role?.field == "kubernetesAuth")
            let file = await #expect(throws: VaultError.self) {
                try await site.backUp("x", server: server("dr", "/nowhere"))
            }
            #expect(file?.field == "kubernetesAuth.tokenPath")
        }
    }
}
