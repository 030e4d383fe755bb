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
        /// It was so already: no ref was changed.
        public var wasAlreadyDone: Bool
        /// What a person should know or do: refs that the server keeps for itself, a default branch that is another.
        public var notes: [String] = []
    }

    static let keptPrefix = "refs/dr-damaged/"

    /// Unpacks the backup, checks it, then pushes. Killed anywhere, the same call ends in the same state: what was kept
    /// is never overwritten by a later attempt.
    ///
    /// What earlier restores kept is evidence and part of a backup. It is brought to where it is missing, and neither changed
    /// nor removed where it is.
    ///
    /// - Parameters:
    ///   - token: Names this restore for ever. Letters, digits, `-`, `_`, `.`.
    ///   - scratch: An empty folder; the caller removes it.
    /// - Throws: ``GitError``, `ArchiveError`, ``VerificationFailure``.
    public static func run(
        _ backup: Manifest, from source: any ArtifactSource, to remote: GitRemote, strategy: Strategy, token: String,
        scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> Report {
        _ = try remote.transport()
        let recorded = try GitSystem.fingerprint(of: backup)
        let wanted = recorded.refs.filter { !$0.key.hasPrefix(keptPrefix) }
        let evidence = recorded.refs.filter { $0.key.hasPrefix(keptPrefix) }
        let tool = try GitTool(remote, folder: scratch.appending(path: "tool"))
        defer { tool.remove() }
        progress("looking")
        let before = try await refs(of: remote, tool)
        let present = before.filter { !$0.key.hasPrefix(keptPrefix) }
        let kept = Set(before.keys.filter { $0.hasPrefix("\(keptPrefix)\(token)/") })
        var report = Report(
            refs: wanted.count, newestCommit: recorded.newestCommit, kept: kept.count, wasAlreadyDone: true)
        let isThere = present == wanted && evidence.keys.allSatisfy { before[$0] != nil }
        if isThere, !wanted.isEmpty || before.isEmpty {
            report.notes = try await GitHead(remote: remote, tool: tool).settle(recorded.head)
            return report
        }
        // Some of ours: an attempt of this token was killed between two pushes.
        let isOurs = !kept.isEmpty || (!present.isEmpty && present.allSatisfy { wanted[$0.key] == $0.value })
        if strategy == .intoEmpty, !before.isEmpty, !isOurs {
            throw GitError(
                .targetNotEmpty, "the repository has \(before.count) refs", field: "target",
                mend:
                    "give an empty repository, or strategy: Overwrite, which keeps what is there as \(keptPrefix)\(token)/…"
            )
        }
        let repository = GitRepository(folder: scratch.appending(path: "restored.git"), tool: tool)
        try await GitSystem.unpack(backup, recorded, from: source, into: repository, progress: progress)
        progress("checking")
        try await repository.check(full: true)
        if strategy == .overwrite {
            report.kept += try await keep(present, wanted, token, kept, remote, repository, progress)
        }
        progress("pushing")
        var refused = try await repository.push(specifications(wanted, present, head: recorded.head), to: remote)
        // Last, so that what an interrupted attempt has pushed is known as ours.
        let missing = evidence.keys.filter { before[$0] == nil }.sorted()
        refused.formUnion(try await repository.push(missing.map { "\($0):\($0)" }, to: remote))
        progress("comparing")
        let after = try await refs(of: remote, tool)
        func counted(_ refs: [String: String]) -> GitFingerprint {
            let those = refs.filter { name, _ in
                !refused.contains(name) && (!name.hasPrefix(keptPrefix) || missing.contains(name))
            }
            return GitFingerprint(head: nil, refs: those, newestCommit: nil)
        }
        let differences = counted(recorded.refs).differences(from: counted(after))
        guard differences.isEmpty else {
            throw VerificationFailure(check: "refs", "after the push: \(differences.joined(separator: "; "))")
        }
        report.wasAlreadyDone = false
        if !refused.isEmpty {
            let names = refused.sorted().prefix(5).joined(separator: ", ") + (refused.count > 5 ? ", …" : "")
            report.notes.append(
                "\(refused.count) refs that the server keeps for itself are not brought back: \(names); the backup has them"
            )
        }
        report.notes += try await GitHead(remote: remote, tool: tool).settle(recorded.head)
        return report
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
        _ present: [String: String], _ wanted: [String: String], _ token: String, _ kept: Set<String>,
        _ remote: GitRemote,
        _ repository: GitRepository, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> Int {
        let endangered = present.filter { wanted[$0.key] != $0.value }
        func keptName(_ name: String) -> String { "\(keptPrefix)\(token)/\(name.dropFirst("refs/".count))" }
        let new = endangered.filter { !kept.contains(keptName($0.key)) }
        guard !new.isEmpty else { return 0 }
        progress("keeping what is there")
        // The objects are on the remote; to name them in a push they must be here as well.
        try await repository.tool.run(
            ["fetch", "--quiet", "--no-write-fetch-head", "--stdin", "--", remote.url], in: repository.folder,
            input: new.keys.sorted().map { "+\($0):\(keptName($0))\n" }.joined())
        let refused = try await repository.push(new.keys.sorted().map { "\(keptName($0)):\(keptName($0))" }, to: remote)
        guard refused.isEmpty else {
            throw GitError(
                .refused, "the server does not let what is there be kept below \(keptPrefix)", field: "target",
                mend: "restore into an empty repository")
        }
        return new.count
    }

    private static func specifications(_ wanted: [String: String], _ present: [String: String], head: String?)
        -> [String]
    {
        var specifications = wanted.filter { present[$0.key] != $0.value }.keys.sorted().map { "+\($0):\($0)" }
        specifications += present.keys.filter { wanted[$0] == nil }.sorted().map { ":\($0)" }
        // The default branch first: a server makes what comes first its HEAD.
        if let head, let index = specifications.firstIndex(of: "+\(head):\(head)") { specifications.swapAt(0, index) }
        return specifications
    }
}
