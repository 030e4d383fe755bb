import Foundation

/// What a push did to each ref.
struct GitPushOutcome: Sendable, Hashable {
    /// Why, by the ref's name on the other side.
    var refused: [String: String] = [:]

    /// - Parameter porcelain: Of `git push --porcelain`: a line of flag, from:to and summary for each ref.
    init(porcelain: String = "") {
        for line in porcelain.split(separator: "\n") where line.hasPrefix("!\t") {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count >= 3, let name = parts[1].split(separator: ":").last else { continue }
            refused[String(name)] = String(parts[2])
        }
    }

    /// Refs that the server makes itself, for pull requests and the like, and lets nobody write.
    var keptByServer: Set<String> { Set(refused.filter { Self.isKeptByServer($0.key, why: $0.value) }.keys) }

    private static let prefixes = [
        "refs/pull/", "refs/pull-requests/", "refs/merge-requests/", "refs/changes/", "refs/keep-around/",
        "refs/pipelines/",
        "refs/environments/",
    ]

    private static func isKeptByServer(_ name: String, why: String) -> Bool {
        if name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/") { return false }
        return why.contains("hidden ref") || prefixes.contains { name.hasPrefix($0) && why.contains("remote rejected") }
    }
}

extension GitRepository {
    /// In parts, since a repository may have more refs than an argument list holds.
    /// - Returns: The refs that the server keeps for itself, and that therefore are not as they should be.
    /// - Throws: ``GitError``, also when any other ref was refused; the rest is pushed all the same.
    func push(_ specifications: [String], to remote: GitRemote) async throws -> Set<String> {
        var outcome = GitPushOutcome()
        var rest = specifications[...]
        while !rest.isEmpty {
            let (output, failure) = try await tool.attempt(
                ["push", "--quiet", "--porcelain", "--", remote.url] + rest.prefix(500), in: folder)
            let found = GitPushOutcome(porcelain: output)
            if let failure, found.refused.isEmpty { throw failure }
            outcome.refused.merge(found.refused) { $1 }
            rest = rest.dropFirst(500)
        }
        let kept = outcome.keptByServer
        let others = outcome.refused.filter { !kept.contains($0.key) }.sorted { $0.key < $1.key }
        guard others.isEmpty else {
            let words = others.prefix(10).map { "\($0.key): \($0.value)" }.joined(separator: "; ")
            throw GitError(
                .refused, "the server refused \(others.count) refs: \(words.prefix(1000))", field: "target",
                mend: "let the user push there: lift the protection of these branches for the restore")
        }
        return kept
    }
}
