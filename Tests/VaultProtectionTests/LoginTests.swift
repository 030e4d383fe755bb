import BackupArchive
import Foundation
import Testing
import VaultProtection
import VaultTestServer

@Suite struct LoginTests {
    private static let policy =
        #"path "sys/storage/raft/snapshot" { capabilities = ["read"] } path "sys/key-status" { capabilities = ["read"] }"#

    @Test func `A token's file is read at each backup, and told of when it is not there or holds none that is valid`()
        async throws
    {
        try await Site.with(shares: 1, threshold: 1) { site in
            let file = site.folder.appending(path: "agent-token")
            let server = VaultServer(
                address: site.vault.address, login: .tokenFile(file.path),
                certificateAuthorities: site.vault.certificateAuthority)
            let missing = await #expect(throws: VaultError.self) {
                try await site.backUp("x", server: server, canary: nil)
            }
            #expect(missing?.code == .tokenInvalid && missing?.field == "tokenFile")
            for index in 1...2 {
                // As an agent does: a new one each time, and the old one is gone.
                let token = try await site.vault.makeToken(policy: Self.policy, ["-ttl=10m"])
                try Data("\(token)\n".utf8).write(to: file)
                let manifest = try await site.backUp("b\(index)", server: server, canary: nil)
                #expect(
                    manifest.record.warnings.isEmpty && manifest.record.credential == nil, "the agent sees to its end")
                try await site.vault.bao(["token", "revoke", token])
            }
            let gone = await #expect(throws: VaultError.self) {
                try await site.backUp("x", server: server, canary: nil)
            }
            #expect(gone?.code == .tokenInvalid && gone?.field == "tokenFile")
        }
    }

    @Test func `A backup says when its token ends, and whether it is renewed`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            func credential(_ arguments: [String]) async throws -> BackupRecord.Credential? {
                let token = try await site.vault.makeToken(policy: Self.policy, arguments)
                return try await site.backUp("b\(arguments.joined())", server: site.server(token: token), canary: nil)
                    .record.credential
            }
            let now = Date()
            let fixed = try #require(try await credential(["-ttl=48h", "-renewable=false"]))
            #expect(!fixed.isRenewed && abs(fixed.endsAt.timeIntervalSince(now) - 48 * 3600) < 600)
            let periodic = try #require(try await credential(["-period=72h"]))
            #expect(periodic.isRenewed && abs(periodic.endsAt.timeIntervalSince(now) - 72 * 3600) < 600)
            #expect(try await site.backUp("root", canary: nil).record.credential == nil)
        }
    }

    @Test func `A token that may not look at itself is used, and what it may not is told without calling it expired`()
        async throws
    {
        try await Site.with(shares: 1, threshold: 1) { site in
            let blind = try await site.vault.makeToken(policy: Self.policy, ["-no-default-policy", "-ttl=48h"])
            let manifest = try await site.backUp("b1", server: site.server(token: blind), canary: nil)
            #expect(
                manifest.record.warnings.count == 1 && manifest.record.warnings[0].contains("auth/token/lookup-self"))
            #expect(manifest.record.credential == nil)
            let narrow = try await site.vault.makeToken(
                policy: #"path "sys/key-status" { capabilities = ["read"] }"#, ["-no-default-policy"])
            for token in [narrow, "s.notatoken"] {
                let error = await #expect(throws: VaultError.self) {
                    try await site.backUp("x", server: site.server(token: token), canary: nil)
                }
                let text = error?.description ?? ""
                #expect(error?.code == .tokenInvalid && error?.field == "tokenSecret")
                #expect(
                    text.contains("the token may not do this, or is not valid")
                        && text.contains("sys/storage/raft/snapshot"), "\(text)")
                #expect(!text.contains(token))
            }
        }
    }
}
