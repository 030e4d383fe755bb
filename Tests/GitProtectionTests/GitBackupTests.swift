import BackupArchive
import Cryptography
import Foundation
import GitProtection
import ObjectStore
import Processes
import Synchronization
import Testing

@Suite struct GitBackupTests {
    @Test func `A repository with branches, tags and other refs comes back as it was`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            for index in 1...3 { try await vault.server.commit("app.git", "commit \(index)") }
            try await vault.server.commit("app.git", branch: "feature/ä-b", "on a branch")
            let path = vault.server.folder.appending(path: "app.git").path
            try await vault.server.git(["--git-dir", path, "tag", "-a", "v1", "-m", "one", "main"])
            try await vault.server.git(["--git-dir", path, "update-ref", "refs/pull/7/head", "main"])
            let manifest = try await vault.backUp(url, "b1")
            #expect(manifest.record.counts == ["refs": 4, "commits": 4])
            #expect(manifest.artifacts.map(\.name) == ["whole.bundle"])
            let report = try await vault.verify(manifest)
            #expect(report.checks.map(\.name) == ["bundles", "fsck", "refs", "clone"])

            let target = try await vault.server.make("restored.git")
            let outcome = try await vault.restore(manifest, to: target, .intoEmpty)
            #expect(outcome.refs == 4 && !outcome.wasAlreadyDone)
            #expect(try await vault.server.refs("restored.git") == vault.server.refs("app.git"))
            #expect(try await vault.restore(manifest, to: target, .intoEmpty).wasAlreadyDone)
        }
    }

    @Test func `Later backups store only what is new, and each of them restores`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            let first = try await vault.backUp(url, "b1")
            let second = try await vault.backUp(url, "b2", after: first)
            #expect(second.artifacts == first.artifacts, "nothing was pushed")
            #expect(second.storedBytes == 0)
            try await vault.server.commit("app.git", "second")
            let third = try await vault.backUp(url, "b3", after: second)
            #expect(third.artifacts.map(\.backup) == ["b1", "b3"])
            // A branch that points to what is stored already, and one that is gone.
            let path = vault.server.folder.appending(path: "app.git").path
            try await vault.server.git(["--git-dir", path, "update-ref", "refs/heads/old", "main~1"])
            let fourth = try await vault.backUp(url, "b4", after: third)
            #expect(fourth.artifacts == third.artifacts)
            #expect(fourth.record.counts["refs"] == 2)
            for manifest in [first, second, third, fourth] { _ = try await vault.verify(manifest) }
        }
    }

    @Test func `A rewritten branch and a lost mirror do no harm to the chain`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            try await vault.server.commit("app.git", "to be rewritten")
            let first = try await vault.backUp(url, "b1")
            let path = vault.server.folder.appending(path: "app.git").path
            try await vault.server.git(["--git-dir", path, "update-ref", "refs/heads/main", "main~1"])
            try await vault.server.commit("app.git", "rewritten")
            try await vault.server.git(["--git-dir", path, "reflog", "expire", "--expire=now", "--all"])
            try await vault.server.git(["--git-dir", path, "gc", "--quiet", "--prune=now"])
            try FileManager.default.removeItem(at: vault.cache)
            let second = try await vault.backUp(url, "b2", after: first)
            _ = try await vault.verify(second)
            _ = try await vault.verify(first)
        }
    }

    @Test func `After a week, and after a long chain, everything is stored again`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            let first = try await vault.backUp(url, "b1")
            try await vault.server.commit("app.git", "second")
            let later = try await vault.backUp(url, "b2", after: first, now: Date().addingTimeInterval(8 * 86400))
            #expect(later.artifacts.map(\.name) == ["whole.bundle"])
            var long = first
            long.artifacts = Array(repeating: first.artifacts[0], count: GitSystem.longestChain)
            #expect(try await vault.backUp(url, "b3", after: long).artifacts.count == 1)
        }
    }

    @Test func `A mirror that was spoilt is made anew`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            _ = try await vault.backUp(url, "b1")
            let files = FileManager.default.enumerator(at: vault.cache, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                if file.pathExtension == "pack" || file.lastPathComponent == "packed-refs" {
                    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
                    try Data("no".utf8).write(to: file)
                }
            }
            try await vault.server.commit("app.git", "second")
            _ = try await vault.verify(try await vault.backUp(url, "b2"))
        }
    }

    @Test func `Of two backups at once one waits its turn, and neither spoils the mirror`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        do { return try await !vault.backUp(url, "b\(index)").artifacts.isEmpty } catch let error
                            as GitError
                        {
                            if error.code != .busy { Issue.record("\(error)") }
                            return false
                        } catch { Issue.record("\(error)"); return false }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(true))
            _ = try await vault.verify(try await vault.backUp(url, "last"))
        }
    }

    @Test func `Credentials that a killed backup left are removed by the next, and by its end`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            _ = try await vault.backUp(url, "b1")
            let mirror = try #require(
                try FileManager.default.contentsOfDirectory(at: vault.cache, includingPropertiesForKeys: nil).first)
            let left = mirror.appending(path: "tool")
            #expect(!FileManager.default.fileExists(atPath: left.path))
            try FileManager.default.createDirectory(at: left, withIntermediateDirectories: true)
            try Data("canary".utf8).write(to: left.appending(path: "password-of-another"))
            _ = try await vault.backUp(url, "b2")
            #expect(!FileManager.default.fileExists(atPath: left.path))
        }
    }

    @Test func `An empty repository is a backup too`() async throws {
        try await Vault.with { vault in
            let manifest = try await vault.backUp(try await vault.server.make("empty.git"), "b1")
            #expect(manifest.artifacts.isEmpty && manifest.record.counts == ["refs": 0, "commits": 0])
            _ = try await vault.verify(manifest)
        }
    }

    @Test func `Stock git clones the bundle`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            let commit = try await vault.server.commit("app.git", "first")
            let manifest = try await vault.backUp(url, "b1")
            let object = vault.folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
            let identity = vault.folder.appending(path: "identity.txt")
            try Data((vault.identity.secretKey + "\n").utf8).write(to: identity)
            let packed = try await runChild(Command("age", ["-d", "-i", identity.path, object.path]))
            let bundle = vault.folder.appending(path: "stock.bundle")
            try Data(try await runChild(Command("zstd", ["-dc"]), input: packed)).write(to: bundle)
            let clone = vault.folder.appending(path: "stock")
            try await vault.server.git(["clone", "--quiet", bundle.path, clone.path])
            #expect(try await vault.server.git(["-C", clone.path, "rev-parse", "HEAD"]) == commit)
        }
    }

    @Test func `Overwriting keeps what was there under other names, once`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "good")
            let manifest = try await vault.backUp(url, "b1")
            let damage = try await vault.server.commit("app.git", "damage")
            try await vault.server.commit("app.git", branch: "stray", "stray")
            await #expect(throws: GitError.self) { try await vault.restore(manifest, to: url, .intoEmpty) }
            let report = try await vault.restore(manifest, to: url, .overwrite)
            #expect(report.kept == 2)
            let refs = try await vault.server.refs("app.git")
            #expect(refs.contains("\(damage) refs/dr-damaged/token-1/heads/main"))
            #expect(!refs.contains("refs/heads/stray"))
            #expect(try await vault.restore(manifest, to: url, .overwrite).wasAlreadyDone)
        }
    }
}
