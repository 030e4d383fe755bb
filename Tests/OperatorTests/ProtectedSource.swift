import Foundation
import Processes

/// A system of another kind than PostgreSQL, with something in it that is worth a backup.
struct ProtectedSource: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case git
    }

    /// The Secrets that the policy names.
    var documents: [String] = []
    /// The member of `spec.source`.
    var source: String
    /// The step that brings it back, in place.
    var restore: String
    /// What an incident does to it.
    var damage: @Sendable () async throws -> Void
    /// All that must be the same after a recovery.
    var contents: @Sendable () async throws -> [String]

    static func with(_ kind: Kind, _ world: World, _ body: (ProtectedSource) async throws -> Void) async throws {
        switch kind {
        case .git: try await body(try await git(world))
        }
    }

    func policy(trigger: String) -> String {
        World.object("BackupPolicy", "p", "{source: {\(source)}, storeRef: {name: primary}, trigger: \(trigger)}")
    }

    var phases: String { "[{name: back, steps: [{name: back, \(restore)}]}]" }
}

extension ProtectedSource {
    private static func git(_ world: World) async throws -> ProtectedSource {
        let path = world.folder.appending(path: "app.git").path
        @discardableResult @Sendable func run(_ arguments: [String], input: String = "") async throws -> String {
            let who = [
                "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": path,
            ]
            let output = try await runChild(Command("git", arguments, environment: who), input: Array(input.utf8))
            return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        @Sendable func commit(_ branch: String, _ text: String) async throws {
            let blob = try await run(["hash-object", "-w", "--stdin"], input: text)
            let tree = try await run(["mktree"], input: "100644 blob \(blob)\tfile.txt\n")
            try await run(["update-ref", "refs/heads/\(branch)", try await run(["commit-tree", tree, "-m", text])])
        }
        _ = try await run(["init", "--quiet", "--bare", "--initial-branch=main", path])
        try await commit("main", "first")
        try await commit("feature", "second")
        return ProtectedSource(
            source: "git: {url: \(World.quoted(path))}", restore: "restoreGit: {policy: p, strategy: Overwrite}",
            damage: {
                try await run(["update-ref", "-d", "refs/heads/feature"])
                try await commit("main", "damage \(UUID().uuidString)")
            },
            contents: {
                try await run(["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"])
                    .split(separator: "\n").map(String.init)
            })
    }
}
