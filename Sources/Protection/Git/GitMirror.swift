import Cryptography
import Foundation

/// The mirror of a remote that is kept between backups.
struct GitMirror: Sendable {
    let remote: GitRemote
    let folder: URL
    let tool: GitTool
    let repository: GitRepository

    /// Nobody else uses the mirror while `body` runs, and only meanwhile the credentials are there: what a killed process
    /// left of them is removed first. The lock goes with the process that has it.
    static func use<R>(
        _ remote: GitRemote, cache: URL, name: String, _ body: (GitMirror) async throws -> R
    ) async throws -> R {
        _ = try remote.transport()
        // Another URL is another mirror: an old one's refs must never be taken for this one's.
        let folder = cache.appending(path: SHA256.hexHash("\(name)\n\(remote.url)").prefix(32).description)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lock = folder.appending(path: "lock").path.withCString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        guard lock >= 0 else { throw GitError(.diskFull, "\(folder.path) cannot be written", isRetriable: true) }
        defer {
            // Said, since a child that was forked this moment holds the file open until it is another program.
            flock(lock, LOCK_UN)
            close(lock)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw GitError(.busy, "another backup of this repository is under way", isRetriable: true)
        }
        let place = folder.appending(path: "tool")
        try? FileManager.default.removeItem(at: place)
        let tool = try GitTool(remote, folder: place)
        defer { tool.remove() }
        return try await body(
            GitMirror(
                remote: remote, folder: folder, tool: tool,
                repository: GitRepository(folder: folder.appending(path: "mirror.git"), tool: tool)))
    }

    /// Fetches what is new, or everything where there is no usable mirror.
    /// - Returns: git's version.
    func update() async throws -> String {
        let version = try await tool.run(["version"]).trimmingCharacters(in: .whitespacesAndNewlines)
        guard FileManager.default.fileExists(atPath: repository.folder.appending(path: "HEAD").path) else {
            try await clone()
            return version
        }
        do { try await fetch() } catch let error as GitError where error.code == .toolFailed || error.code == .damaged {
            // A mirror that a crash or a full disk has spoilt is only a cache. But a server has a thousand ways to fail, and
            // for none of them everything is to be fetched again.
            guard await isSpoilt() else { throw error }
            try await clone()
        }
        return version
    }

    private func isSpoilt() async -> Bool {
        do {
            try await repository.check(full: true)
            return false
        } catch let error as GitError { return error.code == .damaged } catch { return false }
    }

    private func fetch() async throws {
        for lock in ["packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock"] {
            // Left by a killed git; this policy's backups run one at a time.
            try? FileManager.default.removeItem(at: repository.folder.appending(path: lock))
        }
        try await tool.run(
            [
                "fetch", "--quiet", "--prune", "--no-write-fetch-head", "--no-auto-maintenance", "--", remote.url,
                "+refs/*:refs/*",
            ],
            in: repository.folder)
        try await followHead()
    }

    /// Everything anew. Into a folder of another name first: a killed clone is never taken for a mirror, and what there is
    /// stays until there is a better one.
    func clone() async throws {
        let fresh = folder.appending(path: "fresh.git")
        try? FileManager.default.removeItem(at: fresh)
        try await tool.run(["clone", "--quiet", "--mirror", "--", remote.url, fresh.path])
        if FileManager.default.fileExists(atPath: repository.folder.path) {
            try FileManager.default.removeItem(at: repository.folder)
        }
        try FileManager.default.moveItem(at: fresh, to: repository.folder)
    }

    private func followHead() async throws {
        let answer = try await tool.run(["ls-remote", "--symref", "--", remote.url, "HEAD"])
        guard let line = answer.split(separator: "\n").first, line.hasPrefix("ref: "),
            let name = line.dropFirst(5).split(whereSeparator: \.isWhitespace).first
        else { return }
        try await tool.run(["symbolic-ref", "HEAD", String(name)], in: repository.folder)
    }
}
