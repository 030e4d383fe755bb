import Foundation
import Processes
import Testing

/// A folder of repositories behind git's own http-backend, with a password, for the time of a call.
struct GitServer: Sendable {
    static let user = "mirror"
    static let password = "pa:ss w/ord%"
    let folder: URL
    let url: String

    static func with<R: Sendable>(_ body: @escaping @Sendable (GitServer) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-git-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = try #require(
            Bundle.module.path(forResource: "git_http_server", ofType: "py", inDirectory: "Resources"))
        return try await withChild(Command("python3", [script, folder.path, user, password])) { streams in
            var line = ""
            while !line.hasSuffix("\n") {
                let piece = try await streams.output.read(upTo: 64)
                try #require(!piece.isEmpty)
                line += String(decoding: piece, as: UTF8.self)
            }
            let port = line.trimmingCharacters(in: .whitespacesAndNewlines)
            return try await body(GitServer(folder: folder, url: "http://127.0.0.1:\(port)"))
        }
    }

    /// An empty repository that takes pushes.
    func make(_ name: String) async throws -> String {
        let path = folder.appending(path: name).path
        try await git(["init", "--quiet", "--bare", "--initial-branch=main", path])
        try await git(["--git-dir", path, "config", "http.receivepack", "true"])
        return "\(url)/\(name)"
    }

    /// Commits a file on a branch, by plumbing: no work tree is needed.
    @discardableResult
    func commit(_ name: String, branch: String = "main", file: String = "file.txt", _ text: String) async throws
        -> String
    {
        let path = folder.appending(path: name).path
        let blob = try await git(["--git-dir", path, "hash-object", "-w", "--stdin"], input: text)
        let tree = try await git(["--git-dir", path, "mktree"], input: "100644 blob \(blob)\t\(file)\n")
        let parent = try? await git(["--git-dir", path, "rev-parse", "--verify", "--quiet", "refs/heads/\(branch)"])
        let commit = try await git(
            ["--git-dir", path, "commit-tree", tree, "-m", text] + (parent.map { ["-p", $0] } ?? []))
        try await git(["--git-dir", path, "update-ref", "refs/heads/\(branch)", commit])
        return commit
    }

    func ref(_ name: String, _ ref: String, _ target: String) async throws {
        try await git(["--git-dir", folder.appending(path: name).path, "update-ref", ref, target])
    }

    @discardableResult
    func git(_ arguments: [String], input: String = "") async throws -> String {
        let identity = [
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]
        let output = try await runChild(Command("git", arguments, environment: identity), input: Array(input.utf8))
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func refs(_ name: String) async throws -> String {
        try await git([
            "--git-dir", folder.appending(path: name).path, "for-each-ref", "--format=%(objectname) %(refname)",
        ])
    }
}
