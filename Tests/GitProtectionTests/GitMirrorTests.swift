import BackupArchive
import Foundation
@testable import GitProtection
import Processes
import Testing

@Suite struct GitMirrorTests {
    @Test(.enabled(if: geteuid() == 0, "only root can give a folder to another user"))
    func `A repository of another user is backed up and restored by its path`() async throws {
        try await Vault.with { vault in
            _ = try await vault.server.make("app.git")
            let commit = try await vault.server.commit("app.git", "first")
            _ = try await vault.server.make("target.git")
            let folder = vault.server.folder
            try await runChild(Command("chown", ["-R", "65534:65534", folder.path]))
            let manifest = try await vault.backUp(folder.appending(path: "app.git").path, "b1")
            #expect(manifest.record.counts["refs"] == 1)
            _ = try await vault.restore(manifest, to: folder.appending(path: "target.git").path, .intoEmpty)
            let refs = try await runChild(
                Command(
                    "git",
                    ["-c", "safe.directory=*", "--git-dir", folder.appending(path: "target.git").path, "for-each-ref"]))
            #expect(String(decoding: refs, as: UTF8.self).contains(commit))
        }
    }

    @Test(arguments: [(502, GitError.Code.unreachable), (418, .toolFailed)])
    func `A server that fails costs no mirror, and the next backup fetches what is new`(
        status: Int, code: GitError.Code
    ) async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            _ = try await vault.backUp(url, "b1")
            let mark = try #require(vault.mirror()).appending(path: "mark")
            try Data().write(to: mark)
            let failing = vault.server.folder.appending(path: "status")
            try Data("\(status)".utf8).write(to: failing)
            let error = await #expect(throws: GitError.self) { try await vault.backUp(url, "b2") }
            #expect(error?.code == code && error?.isRetriable == true, "\(String(describing: error))")
            try FileManager.default.removeItem(at: failing)
            try await vault.server.commit("app.git", "second")
            _ = try await vault.verify(try await vault.backUp(url, "b3"))
            #expect(FileManager.default.fileExists(atPath: mark.path))
        }
    }

    @Test func `A mirror whose objects were damaged on its disk is made anew`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", String(repeating: "some text\n", count: 2000))
            _ = try await vault.backUp(url, "b1")
            let files = FileManager.default.enumerator(at: vault.cache, includingPropertiesForKeys: nil)
            var damaged = 0
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "pack" else { continue }
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count / 2] ^= 0xff
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
                try bytes.write(to: file)
                damaged += 1
            }
            #expect(damaged == 1)
            _ = try await vault.verify(try await vault.backUp(url, "b2"))
        }
    }

    @Test func `Old history that every clone takes is backed up, proven and restored, with a warning`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            let path = vault.server.folder.appending(path: "app.git").path
            let tree = try await vault.server.git(["--git-dir", path, "mktree"])
            let text = "tree \(tree)\nauthor a <a@example.com>12 +0000\ncommitter a <a@example.com> 12 +0000\n\nold\n"
            let commit = try await vault.server.git(
                ["--git-dir", path, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"], input: text)
            try await vault.server.ref("app.git", "refs/heads/main", commit)
            let manifest = try await vault.backUp(url, "b1")
            #expect(
                manifest.record.warnings.count == 1 && manifest.record.warnings[0].contains("missingSpaceBeforeDate"))
            #expect(manifest.record.warnings.first?.contains(commit) == true)
            _ = try await vault.verify(manifest)
            _ = try await vault.restore(manifest, to: try await vault.server.make("target.git"), .intoEmpty)
        }
    }

    @Test func `An object that is not there is damage all the same`() async throws {
        try await Vault.with { vault in
            _ = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            let folder = vault.server.folder.appending(path: "app.git")
            let blob = try await vault.server.git(["--git-dir", folder.path, "rev-parse", "main:file.txt"])
            try FileManager.default.removeItem(
                at: folder.appending(path: "objects/\(blob.prefix(2))/\(blob.dropFirst(2))"))
            let repository = GitRepository(
                folder: folder, tool: try GitTool(nil, folder: vault.folder.appending(path: "tool")))
            for full in [true, false] {
                let error = await #expect(throws: GitError.self) { try await repository.check(full: full) }
                #expect(error?.code == .damaged)
            }
        }
    }
}
