import BackupArchive
import Cryptography
import Foundation
import Processes
import Testing
import VaultProtection
import VaultTestServer

@Suite struct SnapshotTests {
    @Test func `A snapshot is stored, proven with the keys, and says which keys open it`() async throws {
        try await Site.with { site in
            let manifest = try await site.backUp()
            #expect(manifest.artifacts.map(\.name) == ["raft.snap.gz"])
            let fingerprint = try VaultSystem.fingerprint(of: manifest)
            #expect(
                fingerprint.seal.shares == 5 && fingerprint.seal.threshold == 3 && fingerprint.seal.type == "shamir")
            #expect(fingerprint.key?.term == 1 && !fingerprint.cluster.id.isEmpty)
            #expect(fingerprint.keysInWords.hasPrefix("3 of the 5 unseal keys of the cluster vault-cluster-"))
            #expect(manifest.record.warnings == [])

            let report = try await site.verify(manifest, proof: site.proof())
            #expect(report.checks.map(\.name) == ["snapshot", "members", "keys", "unseal", "cluster", "key", "canary"])
            #expect(report.checks.allSatisfy { !$0.message.contains("NOT PROVEN") })
            #expect(report.level == .restored)
            let without = try await site.verify(manifest)
            #expect(without.checks.last?.message.contains("NOT PROVEN") == true)
            guard case .checked(let missing) = without.level else {
                throw VaultError(.malformedAnswer, "it was called proven")
            }
            #expect(missing.contains("spec.verification.vault.unsealKeysSecret"))
            // Opened, and nothing of it read.
            let blind = try await site.backUp("blind", canary: nil)
            let opened = try await site.verify(blind, proof: VaultSystem.Proof(unsealKeys: UnsealKeys(site.vault.keys)))
            #expect(opened.checks.map(\.name) == ["snapshot", "members", "keys", "unseal", "cluster", "key", "canary"])
            guard case .checked(let canary) = opened.level else {
                throw VaultError(.malformedAnswer, "it was called proven")
            }
            #expect(canary.contains("spec.verification.vault.canary"))
            // Keys from after a rekey say nothing against the backup.
            let other = (0..<3).map { Data(repeating: UInt8($0 + 1), count: 33).base64EncodedString() }
            let wrongKeys = await #expect(throws: VaultError.self) {
                try await site.verify(manifest, proof: site.proof(other))
            }
            #expect(wrongKeys?.code == .unsealKeys && wrongKeys?.field == "verification.vault.unsealKeysSecret")
            #expect(wrongKeys?.mend?.contains("3 of the 5 unseal keys") == true)
            var changed = manifest
            var record = fingerprint
            record.canary?.salt += "0"
            changed.record.fingerprint = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
            let another = await #expect(throws: VerificationFailure.self) {
                try await site.verify(changed, proof: site.proof())
            }
            #expect(another?.check == "canary")
        }
    }

    @Test func `Stock tools restore the artifact into a new server`() async throws {
        try await Site.with { site in
            try await site.vault.put("secret/it's $(x) ü", ["k": "v"])
            let manifest = try await site.backUp()
            let identity = site.folder.appending(path: "identity.txt")
            try Data((site.identity.secretKey + "\n").utf8).write(to: identity)
            let packed = try await runChild(Command("age", ["-d", "-i", identity.path, site.file(manifest).path]))
            let snapshot = site.folder.appending(path: "stock.snap")
            try Data(try await runChild(Command("zstd", ["-dc"]), input: packed)).write(to: snapshot)
            let (keys, token) = (site.vault.keys, site.vault.token)
            try await TemporaryVault.with { fresh in
                try await fresh.bao(["operator", "raft", "snapshot", "restore", "-force", snapshot.path])
                // It answers before it has sealed itself.
                while try await fresh.isUnsealed() { try await Task.sleep(for: .milliseconds(50)) }
                for key in keys.prefix(3) { try await fresh.bao(["operator", "unseal", key]) }
                try await fresh.eventually { try await fresh.bao(["token", "lookup"], token: token) }
                #expect(try await fresh.get("secret/it's $(x) ü", "k", token: token) == "v")
            }
        }
    }

    enum Damage: String, CaseIterable { case missing, flipped, truncated, wrongKey, stale }

    @Test func `Verification says what is wrong with a backup`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            for damage in Damage.allCases {
                var manifest = try await site.backUp("b-\(damage)")
                let file = site.file(manifest)
                var bytes = try Data(contentsOf: file)
                switch damage {
                case .missing: try FileManager.default.removeItem(at: file)
                case .flipped:
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: file)
                case .truncated: try bytes.dropLast(20).write(to: file)
                case .wrongKey: break
                case .stale:
                    try await site.vault.put("secret/canary", ["value": "another"])
                    manifest.record = try await site.backUp("newer").record
                }
                do {
                    _ = try await site.verify(manifest, proof: site.proof(), wrongKey: damage == .wrongKey)
                    Issue.record("a backup with the damage \(damage) was called good")
                } catch let error as ArchiveError {
                    let expected: [Damage: ArchiveError.Code] = [
                        .missing: .missing, .flipped: .corrupt, .truncated: .truncated, .wrongKey: .wrongKey,
                    ]
                    #expect(error.code == expected[damage])
                } catch let error as VerificationFailure {
                    #expect(damage == .stale && error.check == "members", "\(error)")
                }
            }
        }
    }
}

extension TemporaryVault {
    func isUnsealed() async throws -> Bool {
        do {
            try await bao(["status"])
            return true
        } catch let error as ProcessError where error.code == .exited(2) { return false }
    }

    func eventually(_ body: () async throws -> Void) async throws {
        for _ in 0..<400 {
            if (try? await body()) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await body()
    }
}
