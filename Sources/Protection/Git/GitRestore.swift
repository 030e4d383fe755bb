public import BackupArchive
public import Foundation


/// Brings a repository back from a backup.
public enum GitRestore {
    public enum Strategy: String, Sendable, Hashable, Codable, CaseIterable {
        /// Only into a repository without refs.
        case intoEmpty = "IntoEmpty"
        /// Every ref becomes what it was; what a ref pointed to before is kept as `refs/dr-damaged/<token>/…`.
        case overwrite = "Overwrite"
    }

    public struct Report: Sendable, Hashable {
        public var refs: Int
        public var newestCommit: Date?
        /// Refs that were kept under another name before they were replaced or deleted.
        public var kept: Int
        /// It was so already: nothing was changed.
        public var wasAlreadyDone: Bool
    }

    static let keptPrefix = "refs/dr-damaged/"

    /// Unpacks the backup, checks it, then pushes. Killed anywhere, the same call ends in the same state: what was kept
    /// is never overwritten by a later attempt.
    ///
    /// - Parameters:
    ///   - token: Names this restore for ever. Letters, digits, `-`, `_`, `.`.
    ///   - scratch: An empty folder; the caller removes it.
    /// - Throws: ``GitError``, `ArchiveError`, ``VerificationFailure``.
    public static func run(
        _ backup: Manifest, from source: any ArtifactSource, to remote: GitRemote, strategy: Strategy, token: String, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> Report {
        _ = try remote.transport()
        let wanted = try GitSystem.fingerprint(of: backup)
        let tool = try GitTool(remote, folder: scratch.appending(path: "tool"))
        defer { tool.remove() }
        progress("looking")
        let before = try await refs(of: remote, tool)
        let present = before.filter { !$0.key.hasPrefix(keptPrefix) }
        let kept = Set(before.keys.filter { $0.hasPrefix("\(keptPrefix)\(token)/") })
        if present == wanted.refs, !wanted.refs.isEmpty || before.isEmpty {
            return Report(refs: wanted.refs.count, newestCommit: wanted.newestCommit, kept: kept.count, wasAlreadyDone: true)
        }
        // Some of ours: an attempt of this token was killed between two pushes.
        let isOurs = !kept.isEmpty || (!present.isEmpty && present.allSatisfy { wanted.refs[$0.key] == $0.value })
        if strategy == .intoEmpty, !before.isEmpty, !isOurs {
            throw GitError(
                .targetNotEmpty, "the repository has \(before.count) refs", field: "target",
                mend: "give an empty repository, or strategy: Overwrite, which keeps what is there as \(keptPrefix)\(token)/…")
        }
        let repository = GitRepository(folder: scratch.appending(path: "restored.git"), tool: tool)
        try await GitSystem.unpack(backup, wanted, from: source, into: repository, progress: progress)
        progress("checking")
        try await repository.check(full: true)
        var saved = kept.count
        if strategy == .overwrite { saved += try await keep(present, wanted, token, kept, remote, repository, progress) }
        progress("pushing")
        try await push(wanted, present, remote, repository)
        progress("comparing")
        let after = try await refs(of: remote, tool).filter { !$0.key.hasPrefix(keptPrefix) }
        let differences = wanted.differences(from: GitFingerprint(head: wanted.head, refs: after, newestCommit: nil))
        guard differences.isEmpty else {
            throw VerificationFailure(check: "refs", "after the push: \(differences.joined(separator: "; "))")
        }
        return Report(refs: wanted.refs.count, newestCommit: wanted.newestCommit, kept: saved, wasAlreadyDone: false)
    }

    /// The remote's refs without HEAD and the peeled names of tags.
    private static func refs(of remote: GitRemote, _ tool: GitTool) async throws -> [String: String] {
        let answer = try await tool.run(["ls-remote", "--", remote.url])
        var refs: [String: String] = [:]
        for line in answer.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, parts[1].hasPrefix("refs/"), !parts[1].hasSuffix("^{}") else { continue }
            refs[String(parts[1])] = String(parts[0])
        }
        return refs
    }

    /// Before anything is replaced: the remote gets second names for what it has.
    private static func keep(
        _ present: [String: String], _ wanted: GitFingerprint, _ token: String, _ kept: Set<String>, _ remote: GitRemote,
        _ repository: GitRepository, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> Int {
        let endangered = present.filter { wanted.refs[$0.key] != $0.value }
        func keptName(_ name: String) -> String { "\(keptPrefix)\(token)/\(name.dropFirst("refs/".count))" }
        let new = endangered.filter { !kept.contains(keptName($0.key)) }
        guard !new.isEmpty else { return 0 }
        progress("keeping what is there")
        // The objects are on the remote; to name them in a push they must be here as well.
        try await repository.tool.run(
            ["fetch", "--quiet", "--no-write-fetch-head", "--stdin", "--", remote.url], in: repository.folder,
            input: new.keys.sorted().map { "+\($0):\(keptName($0))\n" }.joined())
        try await pushRefs(new.keys.sorted().map { "\(keptName($0)):\(keptName($0))" }, remote, repository)
        return new.count
    }

    private static func push(
        _ wanted: GitFingerprint, _ present: [String: String], _ remote: GitRemote, _ repository: GitRepository
    ) async throws {
        var specifications = wanted.refs.filter { present[$0.key] != $0.value }.keys.sorted().map { "+\($0):\($0)" }
        specifications += present.keys.filter { wanted.refs[$0] == nil }.sorted().map { ":\($0)" }
        // The default branch first: a server makes what comes first its HEAD.
        if let head = wanted.head, let index = specifications.firstIndex(of: "+\(head):\(head)") {
            specifications.swapAt(0, index)
        }
        try await pushRefs(specifications, remote, repository)
    }

    /// In parts, since a repository may have more refs than an argument list holds.
    private static func pushRefs(_ specifications: [String], _ remote: GitRemote, _ repository: GitRepository) async throws {
        var rest = specifications[...]
        while !rest.isEmpty {
            try await repository.tool.run(
                ["push", "--quiet", "--porcelain", "--", remote.url] + rest.prefix(500), in: repository.folder)
            rest = rest.dropFirst(500)
        }
    }
}
