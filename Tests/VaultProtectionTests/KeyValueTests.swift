import BackupArchive
import Cryptography
import Foundation
import Processes
import Synchronization
import Testing
import VaultProtection
import VaultTestServer

@Suite struct KeyValueTests {
    /// Both versions of KV, with everything that a secret can be.
    static func fill(_ vault: TemporaryVault) async throws {
        try await vault.bao(["secrets", "enable", "-path=old", "-version=1", "kv"])
        try await vault.put("old/deep/it's $(x) ü", ["k": "v \" \\ \n"])
        try await vault.bao(["secrets", "enable", "-path=team/kv", "-version=2", "-description=of the team", "kv"])
        // A number whose text would change on the way through a type of ours.
        let exact = #"{"number": 123456789012345678901234567890.10, "nested": {"z": [1, 2.5, null], "a": "<é>"}}"#
        try await vault.eventually { try await vault.bao(["kv", "put", "team/kv/exact", "-"], input: exact) }
        // Its first versions are gone for being too many; one is deleted, one destroyed.
        try await vault.bao(["kv", "metadata", "put", "-max-versions=4", "-custom-metadata=owner=it's me", "secret/db"])
        for version in 1...7 { try await vault.put("secret/db", ["password": "p\(version)"]) }
        try await vault.bao(["kv", "delete", "-versions=5", "secret/db"])
        try await vault.bao(["kv", "destroy", "-versions=6", "secret/db"])
        // A secret and a folder of one name.
        try await vault.put("secret/db/replica", ["password": "r"])
        try await vault.bao(["kv", "metadata", "put", "-cas-required", "-delete-version-after=9h", "secret/empty"])
    }

    static let mounts = ["old/", "secret/", "team/kv/"]

    /// What tells whether two servers have the same secrets.
    static func contents(_ site: Site, _ server: VaultServer) async throws -> [String] {
        let text = try await site.lines(try await site.export("look-\(UUID().uuidString.prefix(6))", server: server))
        return text.map {
            $0.replacing(/"(created|deletion)":"[^"]*",?/, with: "").replacing(
                "\"state\":\"deleted\"", with: "\"state\":\"destroyed\"")
        }
    }

    static func server(_ vault: TemporaryVault) -> VaultServer {
        VaultServer(
            address: vault.address, login: .token(vault.token), certificateAuthorities: vault.certificateAuthority)
    }

    static func restore(
        _ site: Site, _ manifest: Manifest, to vault: TemporaryVault, strategy: VaultKeyValues.Strategy = .intoEmpty,
        mounts: [String: String] = [:], reached: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> VaultKeyValues.Report {
        try await VaultKeyValues.restore(
            manifest, from: site.reader(), to: server(vault), strategy: strategy, mounts: mounts, progress: { _ in },
            reached: reached)
    }

    @Test func `Every version and setting is exported, in one order, and proven in a scratch server`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            try await Self.fill(site.vault)
            let manifest = try await site.export("b1")
            #expect(manifest.record.counts == ["mounts": 3, "secrets": 6, "versions": 7])
            #expect(
                manifest.record.warnings == [
                    "1 deleted versions are recorded without their data, which the server shows to nobody"
                ])
            let lines = try await site.lines(manifest)
            #expect(
                lines.contains {
                    $0.contains(#""path":"exact""#) && $0.contains(#""number":1.2345678901234568e+29"#)
                        && $0.contains("[1,2.5,null]")
                })
            let versions = lines.filter { $0.contains(#""path":"db","#) && $0.contains(#""version":"#) }
            #expect(versions.count == 4)
            #expect(versions.map { $0.contains(#""data":{"password":"p"#) } == [true, false, false, true])
            #expect(versions[1].contains(#""state":"deleted""#) && versions[2].contains(#""state":"destroyed""#))
            #expect(
                lines.contains {
                    $0.contains(#""custom_metadata":{"owner":"it's me"}"#) && $0.contains(#""max_versions":4"#)
                })
            #expect(
                lines.contains {
                    $0.contains(#""cas_required":true"#) && $0.contains(#""delete_version_after":"9h0m0s""#)
                })
            #expect(try await site.lines(site.export("b2")) == lines)
            let report = try await site.verify(manifest)
            #expect(report.checks.map(\.name) == ["lines", "restore", "secrets"])
            #expect(report.checks[1].message == "a scratch server took 6 secrets with 7 versions in 3 mounts")
        }
    }

    @Test func `Mounts, folders and secrets are chosen by paths, and nothing else is read`() async throws {
        try await Site.with(shares: 1, threshold: 1, storage: "inmem") { site in
            try await Self.fill(site.vault)
            let cases: [([String], Int64)] = [
                (["secret"], 4), (["secret/db"], 2), (["secret/db/replica"], 1),
                (["secret/db", "secret/db/replica", "/old/"], 3), (["team/kv"], 1),
            ]
            for (index, (paths, count)) in cases.enumerated() {
                let manifest = try await site.export("p\(index)", paths: paths)
                #expect(manifest.record.counts["secrets"] == count, "\(paths)")
            }
            let refused = await #expect(throws: VaultError.self) { try await site.export("none", paths: ["nowhere"]) }
            #expect(refused?.code == .notFound && refused?.field == "paths")
        }
    }

    @Test func `A sealed server and a token without the right are said plainly`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            let token = try await site.vault.makeToken(
                policy: #"path "secret/metadata/*" { capabilities = ["list", "read"] }"#)
            let forbidden = await #expect(throws: VaultError.self) {
                try await site.export("b1", server: site.server(token: token), paths: ["secret"])
            }
            #expect(
                forbidden?.code == .forbidden && forbidden?.description.contains("path \"secret/*\"") == true,
                "\(String(describing: forbidden))")
            let all = await #expect(throws: VaultError.self) {
                try await site.export("b2", server: site.server(token: token))
            }
            #expect(all?.description.contains("sys/mounts") == true)
            let invalid = await #expect(throws: VaultError.self) {
                try await site.export("b3", server: site.server(token: "s.none"))
            }
            #expect(invalid?.code == .tokenInvalid)
            try await site.vault.bao(["operator", "seal"])
            let sealed = await #expect(throws: VaultError.self) { try await site.export("b4") }
            #expect(sealed?.code == .sealed)
        }
    }

    @Test func `A restore brings everything back, into other mounts too, and replaces nothing unasked`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            try await Self.fill(site.vault)
            let before = try await Self.contents(site, site.server())
            let manifest = try await site.export("b1")
            try await TemporaryVault.with(shares: 1, threshold: 1) { fresh in
                // What is there is not what was backed up.
                try await fresh.put("secret/canary", ["value": "another"])
                let refused = await #expect(throws: VaultError.self) {
                    try await Self.restore(site, manifest, to: fresh)
                }
                #expect(
                    refused?.description.contains("1 secrets are there") == true
                        && refused?.description.contains("secret/canary") == true)
                #expect(try await fresh.get("secret/canary", "value") == "another")
                await #expect(throws: (any Error).self, "nothing was written") {
                    try await fresh.bao(["kv", "get", "old/deep/it's $(x) ü"])
                }
                let beside = try await Self.restore(site, manifest, to: fresh, mounts: ["secret": "back/here"])
                #expect(
                    beside.mounts == ["old/", "back/here/", "team/kv/"] && beside.written == 6 && beside.replaced == 0)
                #expect(try await fresh.get("back/here/canary", "value") == "sings")
                try await fresh.bao(["secrets", "disable", "back/here"])
                let over = try await Self.restore(site, manifest, to: fresh, strategy: .overwrite)
                #expect(over.replaced == 1 && over.written == 4, "what was restored before is there already")
                #expect(try await Self.contents(site, Self.server(fresh)) == before)
                #expect(try await Self.restore(site, manifest, to: fresh).written == 0)
            }
        }
    }

    @Test func `Killed at every request, it goes on, and no version comes twice`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            try await Self.fill(site.vault)
            let before = try await Self.contents(site, site.server())
            let manifest = try await site.export("b1")
            try await TemporaryVault.with(shares: 1, threshold: 1) { fresh in
                // Here a secret is replaced first.
                try await fresh.put("secret/db", ["password": "damaged"])
                var kills = 0
                var strategy = VaultKeyValues.Strategy.overwrite
                while kills < 100 {
                    let left = Mutex(1)
                    let chosen = strategy
                    let run = Task {
                        try await Self.restore(site, manifest, to: fresh, strategy: chosen) { _ in
                            if left.withLock({ count in
                                count -= 1; return count == 0
                            }) {
                                withUnsafeCurrentTask { $0?.cancel() }
                            }
                        }
                    }
                    if case .success = await run.result { break }
                    kills += 1
                    // What an attempt left is never taken for somebody else's.
                    if kills > 8 { strategy = .intoEmpty }
                }
                #expect(kills > 15 && kills < 100, "\(kills)")
                #expect(try await Self.contents(site, Self.server(fresh)) == before)
            }
        }
    }

    @Test func `Stock tools read the artifact and put a secret back`() async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            try await Self.fill(site.vault)
            let manifest = try await site.export("b1")
            let identity = site.folder.appending(path: "identity.txt")
            try Data((site.identity.secretKey + "\n").utf8).write(to: identity)
            let packed = try await runChild(Command("age", ["-d", "-i", identity.path, site.file(manifest).path]))
            let plain = try await runChild(Command("zstd", ["-dc"]), input: packed)
            let program = #"select(.mount == "secret/" and .path == "db" and .version == 7).data"#
            let secret = String(
                decoding: try await runChild(Command("jq", ["-c", program]), input: plain), as: UTF8.self)
            #expect(secret == #"{"password":"p7"}"# + "\n")
            try await site.vault.bao(["kv", "metadata", "delete", "secret/db"])
            try await site.vault.bao(["kv", "put", "secret/db", "-"], input: secret)
            #expect(try await site.vault.get("secret/db", "password") == "p7")
        }
    }

    @Test(arguments: SnapshotTests.Damage.allCases) func `Verification says what is wrong with an export`(
        _ damage: SnapshotTests.Damage
    ) async throws {
        try await Site.with(shares: 1, threshold: 1) { site in
            var manifest = try await site.export("b1")
            let file = site.file(manifest)
            var bytes = try Data(contentsOf: file)
            switch damage {
            case .missing: try FileManager.default.removeItem(at: file)
            case .flipped:
                bytes[bytes.count - 30] ^= 1
                try bytes.write(to: file)
            case .truncated: try bytes.dropLast(20).write(to: file)
            case .wrongKey: break
            case .stale:
                try await site.vault.put("secret/canary", ["value": "another"])
                manifest.record = try await site.export("newer").record
            }
            do {
                _ = try await site.verify(manifest, wrongKey: damage == .wrongKey)
                Issue.record("an export with the damage \(damage) was called good")
            } catch let error as ArchiveError {
                let expected: [SnapshotTests.Damage: ArchiveError.Code] = [
                    .missing: .missing, .flipped: .corrupt, .truncated: .truncated, .wrongKey: .wrongKey,
                ]
                #expect(error.code == expected[damage])
            } catch let error as VerificationFailure { #expect(damage == .stale && error.check == "lines", "\(error)") }
        }
    }
}

extension Site {
    @discardableResult
    func export(_ name: String, server: VaultServer? = nil, paths: [String] = []) async throws -> Manifest {
        let system = VaultSystem(server: server ?? self.server(), method: .keyValueExport, paths: paths)
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "kv", backup: name)
        let record = try await system.backUp(after: nil, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: VaultSystem.kind, source: "vault", startedAt: Date(), finishedAt: Date(), writer: "test")
    }

    func lines(_ manifest: Manifest) async throws -> [String] {
        let text = String(decoding: try await reader().bytes(manifest.artifact("kv.jsonl")), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
}
