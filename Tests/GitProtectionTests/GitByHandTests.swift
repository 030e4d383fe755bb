import BackupArchive
import Cryptography
import Foundation
import Processes
import Testing

@Suite struct GitByHandTests {
    @Test func `The words of restore-by-hand bring every ref back, also one that was rewound and one that was deleted`()
        async throws
    {
        let script = try Self.documented()
        try await Vault.with { vault in
            let url = try await vault.server.make("app.git")
            let path = vault.server.folder.appending(path: "app.git").path
            let old = try await vault.server.commit("app.git", "old")
            try await vault.server.commit("app.git", "to be rewound")
            try await vault.server.commit("app.git", branch: "gone", "to be deleted")
            let first = try await vault.backUp(url, "b1")
            try await vault.server.ref("app.git", "refs/heads/main", old)
            try await vault.server.git(["--git-dir", path, "update-ref", "-d", "refs/heads/gone"])
            try await vault.server.commit("app.git", branch: "trunk", "new")
            try await vault.server.git(["--git-dir", path, "symbolic-ref", "HEAD", "refs/heads/trunk"])
            let second = try await vault.backUp(url, "b2", after: first)
            #expect(second.artifacts.count == 2)

            let work = vault.folder.appending(path: "by hand")
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
            try Data((vault.identity.secretKey + "\n").utf8).write(to: work.appending(path: "identity.txt"))
            // A store that is a folder instead of a bucket.
            let aws =
                #"aws() { case "$4" in -) cat "$STORE/${3#s3://BUCKET/PREFIX/}" ;; *) cp "$STORE/catalog/ns/git/b2.json" "$4" ;; esac; }"#
            let environment = [
                "STORE": vault.folder.appending(path: "store").path, "GIT_CONFIG_GLOBAL": "/dev/null",
                "HOME": work.path,
            ]
            try await runChild(
                Command(
                    "bash", ["-c", "set -euo pipefail\n\(aws)\n\(script)"], environment: environment,
                    workingDirectory: work.path))
            let restored = work.appending(path: "restored.git").path
            let format = ["for-each-ref", "--format=%(objectname) %(refname)"]
            #expect(try await vault.server.git(["--git-dir", restored] + format) == vault.server.refs("app.git"))
            #expect(try await vault.server.git(["--git-dir", restored, "symbolic-ref", "HEAD"]) == "refs/heads/trunk")
        }
    }

    /// The block of commands below the heading.
    private static func documented() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/restore-by-hand.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## Git\n").last)
        return try #require(
            section.components(separatedBy: "```").dropFirst().first.map { String($0.dropFirst("sh\n".count)) })
    }
}
