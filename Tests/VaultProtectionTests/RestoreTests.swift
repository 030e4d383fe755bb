import BackupArchive
import Foundation
import Synchronization
import Testing
import VaultProtection
import VaultTestServer

@Suite struct RestoreTests {
    /// Keeps the state as a kill would leave it.
    final class Journal: VaultRestoreJournal {
        let state = Mutex<VaultRestoreState?>(nil)
        func load() async throws -> VaultRestoreState? { state.withLock { $0 } }
        func save(_ new: VaultRestoreState) async throws {
            // The killed write nothing.
            try Task.checkCancellation()
            state.withLock { $0 = new }
        }
    }

    struct Killed: Error {}

    static func restore(
        _ site: Site, _ manifest: Manifest, to vault: TemporaryVault, keys: [String]? = nil, token: String? = nil,
        initialise: Bool = true,
        journal: Journal = Journal(), reached: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> VaultRestore.Report {
        try await VaultRestore(
            manifest, from: site.reader(),
            to: VaultServer(address: vault.address, login: .none, certificateAuthorities: vault.certificateAuthority),
            keys: UnsealKeys(keys ?? site.vault.keys), token: token, mayInitialise: initialise, canary: nil,
            identity: "abc123", journal: journal,
            progress: { _ in }, reached: reached
        ).run()
    }

    @Test func `An empty server gets the snapshot, its keys and its secrets`() async throws {
        try await Site.with { site in
            try await site.vault.put("secret/it's $(x) ü", ["k": "v"])
            let manifest = try await site.backUp()
            let (token, journal) = (site.vault.token, Journal())
            try await TemporaryVault.with(shares: nil) { fresh in
                let report = try await Self.restore(site, manifest, to: fresh, token: token, journal: journal)
                #expect(report.notes.contains("the secret secret/data/canary has the value that it had"))
                #expect(!report.wasAlreadyDone && journal.state.withLock { $0?.isDone } == true)
                #expect(try await fresh.get("secret/it's $(x) ü", "k", token: token) == "v")
            }
        }
    }

    /// A person looks at the store of a server that has lost its secrets.
    @Test func `A server with the same keys goes back, and a second run with its mark does nothing`() async throws {
        try await Site.with { site in
            let manifest = try await site.backUp()
            try await site.vault.put("secret/canary", ["value": "lost"])
            let report = try await Self.restore(
                site, manifest, to: site.vault, token: site.vault.token, initialise: false)
            #expect(report.notes.contains("the secret secret/data/canary has the value that it had"))
            #expect(try await site.vault.get("secret/canary", "value") == "sings")
        }
    }

    @Test func `Too few keys, keys of another kind and a server without a token change nothing`() async throws {
        try await Site.with { site in
            let manifest = try await site.backUp()
            try await site.vault.put("secret/canary", ["value": "newer"])
            let few = await #expect(throws: VaultError.self) {
                try await Self.restore(
                    site, manifest, to: site.vault, keys: Array(site.vault.keys.prefix(2)), token: site.vault.token)
            }
            #expect(few?.code == .unsealKeys && few?.description.contains("3 of the 5") == true)
            let short = await #expect(throws: VaultError.self) {
                try await Self.restore(
                    site, manifest, to: site.vault, keys: (0..<3).map { String(repeating: "0\($0)", count: 32) },
                    token: site.vault.token)
            }
            #expect(short?.code == .unsealKeys)
            let tokenless = await #expect(throws: VaultError.self) {
                try await Self.restore(site, manifest, to: site.vault)
            }
            #expect(tokenless?.code == .tokenInvalid && tokenless?.mend?.contains("snapshot-force") == true)
            #expect(try await site.vault.get("secret/canary", "value") == "newer")
        }
        try await Site.with(shares: 1, threshold: 1) { site in
            let manifest = try await site.backUp()
            try await TemporaryVault.with(shares: nil) { fresh in
                let refused = await #expect(throws: VaultError.self) {
                    try await Self.restore(site, manifest, to: fresh, initialise: false)
                }
                #expect(refused?.field == "restoreVault.initialise")
            }
        }
    }

    /// Cancels itself at a place, as a kill would: what was saved is all that the next run has.
    @Test func `Killed anywhere, it goes on, and the snapshot is put in once`() async throws {
        try await Site.with { site in
            let manifest = try await site.backUp()
            let token = site.vault.token
            for place in [
                "initialised", "new unsealed", "marked", "uploaded", "noted", "original unsealed", "checked", "done",
            ] {
                let journal = Journal()
                try await TemporaryVault.with(shares: nil) { fresh in
                    let first = Task {
                        try await Self.restore(site, manifest, to: fresh, token: token, journal: journal) {
                            if $0 == place { withUnsafeCurrentTask { $0?.cancel() } }
                        }
                    }
                    _ = await first.result
                    #expect(journal.state.withLock { $0 != nil }, "\(place)")
                    let uploads = Mutex(0)
                    let report = try await Self.restore(site, manifest, to: fresh, token: token, journal: journal) {
                        if $0 == "uploaded" { uploads.withLock { $0 += 1 } }
                    }
                    let isIn = ["uploaded", "noted", "original unsealed", "checked", "done"].contains(place)
                    #expect(report.wasAlreadyDone == isIn && uploads.withLock { $0 } == (isIn ? 0 : 1), "\(place)")
                    #expect(try await fresh.get("secret/canary", "value", token: token) == "sings", "\(place)")
                }
            }
        }
    }
}
