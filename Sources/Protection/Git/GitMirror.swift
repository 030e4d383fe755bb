import Cryptography
import Foundation

/// The mirror of a remote that is kept between backups.
struct GitMirror: Sendable {
    private let remote: GitRemote
    private let folder: URL
    private let tool: GitTool
    private let repository: GitRepository

    init(remote: GitRemote, cache: URL, name: String) throws {
        self.remote = remote
        _ = try remote.transport()
        // Another URL is another mirror: an old one's refs must never be taken for this one's.
        folder = cache.appending(path: SHA256.hexHash("\(name)\n\(remote.url)").prefix(32).description)
        tool = try GitTool(remote, folder: folder.appending(path: "tool-\(try SecureRandom.hexString(byteCount: 4))"))
        repository = GitRepository(folder: folder.appending(path: "mirror.git"), tool: tool)
    }

    /// The credentials are there only while `body` runs, and nobody else uses the mirror meanwhile. The lock goes with the
    /// process that has it.
    func use<R>(_ body: (GitRepository) async throws -> R) async throws -> R {
        defer { tool.remove() }
        let lock = folder.appending(path: "lock").path.withCString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        guard lock >= 0 else { throw GitError(.diskFull, "\(folder.path) cannot be written", isRetriable: true) }
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw GitError(.busy, "another backup of this repository is under way", isRetriable: true)
        }
        removeAbandonedCredentials()
        return try await body(repository)
    }

    /// A killed process could not remove its own. Under the lock nobody uses any but ours.
    private func removeAbandonedCredentials() {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        for file in files where file.lastPathComponent.hasPrefix("tool-") && !tool.isIn(file) {
            try? FileManager.default.removeItem(at: file)
        }
    }

    /// Fetches what is new, or everything where there is no usable mirror.
    /// - Returns: git's version.
    func update() async throws -> String {
        let version = try await tool.run(["version"]).trimmingCharacters(in: .whitespacesAndNewlines)
        if FileManager.default.fileExists(atPath: repository.folder.appending(path: "HEAD").path) {
            do {
                try await fetch()
                return version
            } catch let error as GitError where error.code == .toolFailed || error.code == .damaged {
                // A mirror that a crash or a full disk has spoilt is only a cache.
                try FileManager.default.removeItem(at: repository.folder)
            }
        }
        try await clone()
        return version
    }

    private func fetch() async throws {
        for lock in ["packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock"] {
            // Left by a killed git; this policy's backups run one at a time.
            try? FileManager.default.removeItem(at: repository.folder.appending(path: lock))
        }
        try await tool.run(
            ["fetch", "--quiet", "--prune", "--no-write-fetch-head", "--no-auto-maintenance", "--", remote.url, "+refs/*:refs/*"],
            in: repository.folder)
        try await followHead()
    }

    /// Into a folder of another name first: a killed clone is never taken for a mirror.
    private func clone() async throws {
        let fresh = folder.appending(path: "fresh.git")
        try? FileManager.default.removeItem(at: fresh)
        try await tool.run(["clone", "--quiet", "--mirror", "--", remote.url, fresh.path])
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
