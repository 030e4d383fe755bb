import BackupArchive
import Foundation
import Synchronization
import Testing
import VaultTestServer

@testable import VaultProtection

/// What a second run does with what the first one left: the snapshot is put in once, and never taken for put in.
@Suite struct RestoreOnceTests {
    private static func restore(
        _ site: Site, _ manifest: Manifest, token: String, journal: RestoreTests.Journal, address: String? = nil,
        patience: Duration? = nil,
        reached: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> VaultRestore.Report {
        var restore = VaultRestore(
            manifest, from: try site.reader(),
            to: VaultServer(
                address: address ?? site.vault.address, login: .none,
                certificateAuthorities: site.vault.certificateAuthority),
            keys: try UnsealKeys(site.vault.keys), token: token, mayInitialise: false, canary: nil, identity: "abc123",
            journal: journal,
            progress: { _ in }, reached: reached)
        if let patience { restore.patience = patience }
        return try await restore.run()
    }

    private static func end(at place: String) -> @Sendable (String) -> Void {
        { if $0 == place { withUnsafeCurrentTask { $0?.cancel() } } }
    }

    @Test func `Done, and killed before anybody knew: what was written since stays`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let manifest = try await site.backUp()
            let journal = RestoreTests.Journal()
            try await site.vault.put("secret/canary", ["value": "lost"])
            #expect(
                try await Self.restore(site, manifest, token: site.vault.token, journal: journal).wasAlreadyDone
                    == false)
            try await site.vault.put("secret/canary", ["value": "newer"])
            try await site.vault.put("secret/new", ["k": "v"])
            let again = try await Self.restore(site, manifest, token: site.vault.token, journal: journal) {
                #expect($0 != "uploaded")
            }
            #expect(
                again.wasAlreadyDone && again.notes.contains("the secret secret/data/canary has the value that it had"))
            #expect(try await site.vault.get("secret/new", "k") == "v")
            #expect(try await site.vault.get("secret/canary", "value") == "newer")
        }
    }

    @Test func `A token that is refused proves nothing: a valid one is asked for, and shows it`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let manifest = try await site.backUp()
            try await site.vault.put("secret/canary", ["value": "lost"])
            let root =
                "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }"
            let expiring = try await site.vault.makeToken(policy: root)
            let journal = RestoreTests.Journal()
            let token = site.vault.token
            let first = Task {
                try await Self.restore(
                    site, manifest, token: expiring, journal: journal, reached: Self.end(at: "marked"))
            }
            _ = await first.result
            #expect(journal.state.withLock { $0?.phase } == .restoring)
            try await site.vault.bao(["token", "revoke", expiring])
            let error = await #expect(throws: VaultError.self) {
                try await Self.restore(site, manifest, token: expiring, journal: journal)
            }
            #expect(
                error?.code == .tokenInvalid && error?.isRetriable == true
                    && error?.field == "restoreVault.tokenSecret", "\(String(describing: error))")
            #expect(try await site.vault.get("secret/canary", "value") == "lost")
            #expect(try await Self.restore(site, manifest, token: token, journal: journal).wasAlreadyDone == false)
            #expect(try await site.vault.get("secret/canary", "value") == "sings")
        }
    }

    @Test func `A snapshot that is accepted and changes nothing is not restored`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let manifest = try await site.backUp()
            try await site.vault.put("secret/canary", ["value": "lost"])
            let journal = RestoreTests.Journal()
            try await LyingServerTests.proxy(site, "swallow") { address in
                let error = await #expect(throws: VaultError.self) {
                    try await Self.restore(
                        site, manifest, token: site.vault.token, journal: journal, address: address,
                        patience: .milliseconds(300))
                }
                #expect(error?.code == .serverError && error?.isRetriable == true, "\(String(describing: error))")
            }
            #expect(
                try await Self.restore(site, manifest, token: site.vault.token, journal: journal).wasAlreadyDone
                    == false)
            #expect(try await site.vault.get("secret/canary", "value") == "sings")
        }
    }
}
