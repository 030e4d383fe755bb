import BackupArchive
import Foundation
@testable import GitProtection
import Testing

@Suite struct GitRestoreTests {
    @Test func `A backup that was taken after an overwriting restore restores, with the evidence where it is missing`()
        async throws
    {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "good")
            let first = try await vault.backUp(url, "b1")
            let damage = try await vault.server.commit("app.git", "damage")
            _ = try await vault.restore(first, to: url, .overwrite)
            let second = try await vault.backUp(url, "b2")
            _ = try await vault.verify(second)
            let good = try await vault.server.refs("app.git")
            #expect(good.contains("\(damage) refs/dr-damaged/token-1/heads/main"))

            try await vault.server.commit("app.git", "damage again")
            #expect(try await vault.restore(second, to: url, .overwrite, token: "token-2").kept == 1)
            let after = try await vault.server.refs("app.git")
            for line in good.split(separator: "\n") { #expect(after.contains(line), "\(line)") }
            #expect(after.contains("refs/dr-damaged/token-2/heads/main"))

            let fresh = try await vault.server.make("fresh.git")
            #expect(try await vault.restore(second, to: fresh, .intoEmpty).refs == 1)
            #expect(try await vault.server.refs("fresh.git") == good)
            #expect(try await vault.restore(second, to: fresh, .intoEmpty).wasAlreadyDone)
        }
    }

    @Test(arguments: ["receive.hideRefs", "transfer.hideRefs"], [true, false])
    func `Refs that the server keeps for itself are left out and told of`(setting: String, byPath: Bool) async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            try await vault.server.ref("app.git", "refs/pull/7/head", "main")
            let manifest = try await vault.backUp(url, "b1")
            let http = try await vault.server.make("target.git")
            let path = vault.server.folder.appending(path: "target.git").path
            try await vault.server.git(["--git-dir", path, "config", setting, "refs/pull"])
            let target = byPath ? path : http
            let report = try await vault.restore(manifest, to: target, .intoEmpty)
            #expect(
                report.notes.count == 1 && report.notes.first?.contains("1 refs") == true
                    && report.notes.first?.contains("refs/pull/7/head") == true)
            #expect(try await !vault.server.refs("target.git").contains("pull"))
            // The server made another one since.
            try await vault.server.commit("target.git", "damage")
            try await vault.server.ref("target.git", "refs/pull/9/head", "main")
            _ = try await vault.restore(manifest, to: target, .overwrite)
            #expect(try await vault.server.refs("target.git").contains("refs/pull/9/head"))
        }
    }

    @Test func `A branch that the server refuses fails the restore and is named`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", "first")
            let manifest = try await vault.backUp(url, "b1")
            try await vault.server.commit("app.git", "later")
            let path = vault.server.folder.appending(path: "app.git").path
            try await vault.server.git(["--git-dir", path, "config", "receive.denyNonFastForwards", "true"])
            let error = await #expect(throws: GitError.self) { try await vault.restore(manifest, to: url, .overwrite) }
            #expect(
                error?.code == .refused && error?.description.contains("refs/heads/main") == true,
                "\(String(describing: error))")
            #expect(error?.mend?.contains("protection") == true)
        }
    }

    @Test func `The default branch comes back in a folder, and is told of where a server must set it`() async throws {
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            try await vault.server.commit("app.git", branch: "trunk", "first")
            try await vault.server.commit("app.git", "second")
            let source = vault.server.folder.appending(path: "app.git").path
            try await vault.server.git(["--git-dir", source, "symbolic-ref", "HEAD", "refs/heads/trunk"])
            let manifest = try await vault.backUp(url, "b1")
            func head(_ name: String) async throws -> String {
                try await vault.server.git([
                    "--git-dir", vault.server.folder.appending(path: name).path, "symbolic-ref", "HEAD",
                ])
            }
            _ = try await vault.server.make("folder.git")
            let path = vault.server.folder.appending(path: "folder.git").path
            let report = try await vault.restore(manifest, to: path, .intoEmpty)
            #expect(try await head("folder.git") == "refs/heads/trunk")
            #expect(report.notes.first?.contains("was refs/heads/main") == true)
            // Also where every ref is there already.
            try await vault.server.git(["--git-dir", path, "symbolic-ref", "HEAD", "refs/heads/main"])
            #expect(try await vault.restore(manifest, to: "file://\(path)", .intoEmpty).wasAlreadyDone)
            #expect(try await head("folder.git") == "refs/heads/trunk")

            let http = try await vault.server.make("http.git")
            for _ in 0..<2 {
                let notes = try await vault.restore(manifest, to: http, .intoEmpty).notes
                #expect(
                    notes.count == 1 && notes.first?.contains("refs/heads/main instead of refs/heads/trunk") == true,
                    "\(notes)")
            }
            try await vault.server.git([
                "--git-dir", vault.server.folder.appending(path: "http.git").path, "symbolic-ref", "HEAD",
                "refs/heads/trunk",
            ])
            #expect(try await vault.restore(manifest, to: http, .intoEmpty).notes.isEmpty)
        }
    }

    @Test func `What a push says of each ref is understood`() {
        let text =
            "To https://host/a.git\n*\trefs/heads/a:refs/heads/a\t[new branch]\n"
            + "!\trefs/pull/7/head:refs/pull/7/head\t[remote rejected] (deny updating a hidden ref)\n"
            + "!\t:refs/merge-requests/1/head\t[remote rejected] (not yours)\n"
            + "!\trefs/custom/x:refs/custom/x\t[remote rejected] (pre-receive hook declined)\n"
            + "!\trefs/heads/pull:refs/heads/pull\t[remote rejected] (deny updating a hidden ref)\nDone\n"
        let outcome = GitPushOutcome(porcelain: text)
        #expect(outcome.refused.count == 4)
        #expect(outcome.keptByServer == ["refs/pull/7/head", "refs/merge-requests/1/head"])
    }
}
