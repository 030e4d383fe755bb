import BackupArchive
import Cryptography
import Foundation
import Testing
import VaultProtection
import VaultTestServer

@Suite struct RefusalTests {
    @Test(arguments: [
        "vault.example.com:8200", "ftp://vault", "https://", "https://token@vault", "https://vault?x=1",
        "http://vault.example.com:8200",
        "http://127.0.0.1.example.com", "", "https://a b",
    ])
    func `An address that is none, or that would show the token, is refused`(address: String) async throws {
        let error = await #expect(throws: VaultError.self) {
            try await VaultServer(address: address, login: .none).unseal(
                with: UnsealKeys([String(repeating: "ab", count: 33)]))
        }
        #expect(error?.code == .invalidAddress && error?.field == "address")
    }

    @Test func `Unseal keys are checked before anything is done, and never shown`() throws {
        let good = String(repeating: "ab", count: 33)
        #expect(
            try UnsealKeys(["\(good)\n\(Data(repeating: 1, count: 33).base64EncodedString())\n", good]).description
                == "2 unseal keys")
        for bad in ["c4nary", "s.c4narytoken", String(repeating: "ab", count: 10), ""] {
            let error = #expect(throws: VaultError.self) { try UnsealKeys([bad]) }
            #expect(error?.code == .unsealKeys)
            #expect(error?.description.contains("c4nary") == false)
        }
        #expect(!"\(try UnsealKeys([good]))".contains("abab"))
        var text = ""
        dump(try UnsealKeys([good]), to: &text)
        #expect(!text.contains("abab"))
    }

    @Test func `What stands in the way is told apart, with its mend and without the token`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            func failure(_ server: VaultServer, canary: VaultCanary? = nil) async -> VaultError? {
                await #expect(throws: VaultError.self) { try await site.backUp("x", server: server, canary: canary) }
            }
            let invalid = await failure(site.server(token: "s.c4naryc4naryc4nary"))
            #expect(invalid?.code == .tokenInvalid && invalid?.field == "tokenSecret")
            let narrow = try await site.vault.makeToken(policy: #"path "secret/*" { capabilities = ["read"] }"#)
            let forbidden = await failure(site.server(token: narrow))
            #expect(forbidden?.code == .forbidden && forbidden?.mend?.contains("sys/storage/raft/snapshot") == true)
            let other = try CertificateAuthority.create(commonName: "other", validFor: .seconds(60))
            let tls = await failure(site.server(authority: other.certificatePEM))
            #expect(tls?.code == .tls && tls?.field == "caSecret")
            let dead = await failure(site.server(address: "https://localhost:1"))
            #expect(dead?.code == .unreachable && dead?.isRetriable == true)
            let noCanary = await failure(site.server(), canary: VaultCanary(path: "secret/data/no such"))
            #expect(noCanary?.code == .notFound && noCanary?.field == "verification.vault.canary.path")
            for error in [invalid, forbidden, tls, dead, noCanary] {
                #expect(error?.description.contains("c4nary") == false && error?.description.contains(narrow) == false)
                #expect(error?.mend != nil)
            }
            try await site.vault.bao(["operator", "seal"])
            let sealed = await failure(site.server())
            #expect(sealed?.code == .sealed && sealed?.isRetriable == true)
            #expect(try await site.server().unseal(with: UnsealKeys(site.vault.keys)))
            #expect(try await !site.server().unseal(with: UnsealKeys(site.vault.keys)))
            let stored = FileManager.default.enumerator(
                at: site.folder.appending(path: "store/catalog"), includingPropertiesForKeys: nil)
            #expect(stored?.allObjects.isEmpty ?? true, "a backup that failed is recorded")
        }
    }

    @Test func `A server that is not initialised, or whose storage is not raft, says so`() async throws {
        try await Site.with(shares: nil) { site in
            let error = await #expect(throws: VaultError.self) {
                try await site.backUp(server: site.server(token: "s.x"))
            }
            // Its token cannot be looked at: the state of the server is told first.
            #expect(error?.code == .uninitialised)
        }
        try await Site.with(shares: 1, threshold: 1, storage: "inmem") { site in
            let error = await #expect(throws: VaultError.self) { try await site.backUp() }
            #expect(error?.code == .notRaft && error?.mend?.contains("KeyValueExport") == true)
        }
    }

    @Test func `A token that ends soon is told of, and one that can be renewed is renewed`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let policy =
                #"path "sys/storage/raft/snapshot" { capabilities = ["read"] } path "sys/key-status" { capabilities = ["read"] }"#
            let short = try await site.vault.makeToken(policy: policy, ["-ttl=1h", "-renewable=false"])
            let warned = try await site.backUp("b1", server: site.server(token: short), canary: nil)
            #expect(warned.record.warnings.count == 1 && warned.record.warnings[0].contains("cannot be renewed"))
            let periodic = try await site.vault.makeToken(policy: policy, ["-period=240h"])
            #expect(
                try await site.backUp("b2", server: site.server(token: periodic), canary: nil).record.warnings == [])
            let narrow = try await site.vault.makeToken(
                policy: #"path "sys/storage/raft/snapshot" { capabilities = ["read"] }"#, ["-period=240h"])
            let keyless = try await site.backUp("b3", server: site.server(token: narrow), canary: nil)
            #expect(keyless.record.warnings.count == 1 && keyless.record.warnings[0].contains("sys/key-status"))
            #expect(try VaultSystem.fingerprint(of: keyless).key == nil)
        }
    }
}
