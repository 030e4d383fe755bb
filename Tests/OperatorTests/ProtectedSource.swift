import Foundation
import Processes
import Synchronization
import VaultTestServer

/// A system of one kind, with something in it that is worth a backup.
struct ProtectedSource: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case git, kubernetes, vault, vaultKV, prometheus, postgresql
    }

    /// The Secrets that the policy names.
    var documents: [String] = []
    /// The member of `spec.source`.
    var source: String
    /// The step that brings it back, in place.
    var restore: String
    /// What `spec.verification` has, where a proof needs it.
    var verification: String?
    /// Makes that the next backup has something new to store. The operator runs.
    var change: @Sendable () async throws -> Void = {}
    /// What an incident does to it.
    var damage: @Sendable () async throws -> Void
    /// All that must be the same after a recovery.
    var contents: @Sendable () async throws -> [String]

    static func with(_ kind: Kind, _ world: World, _ body: @escaping @Sendable (ProtectedSource) async throws -> Void)
        async throws
    {
        switch kind {
        case .git: try await body(try await git(world))
        case .kubernetes: try await body(kubernetes(world))
        case .vault, .vaultKV:
            try await TemporaryVault.with { vault in
                try await body(try await Self.vault(vault, asExport: kind == .vaultKV))
            }
        case .prometheus: try await prometheus(world, body)
        case .postgresql: try await body(postgresql(world))
        }
    }

    func policy(trigger: String) -> String {
        World.object(
            "BackupPolicy", "p",
            "{source: {\(source)}, storeRef: {name: primary}, trigger: \(trigger)\(verification.map { ", verification: {\($0)}" } ?? "")}"
        )
    }

    var phases: String { "[{name: back, steps: [{name: back, \(restore)}]}]" }
}

extension ProtectedSource {
    /// With roles, so that a backup has two artifacts.
    private static func postgresql(_ world: World) -> ProtectedSource {
        ProtectedSource(
            source: "postgresql: \(world.source())", restore: "restorePostgreSQL: {policy: p, verify: Rows}",
            change: { try await world.sql("insert into customers select max(id) + 1, 'new' from customers") },
            damage: { try await world.damage() }, contents: { try await world.contents() })
    }

    /// The API server that the operator itself runs is what is protected: it has to be up for each look.
    private static func kubernetes(_ world: World) -> ProtectedSource {
        func settings(_ name: String, _ value: String) -> String {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), labels: {keep: this}}\ndata: {value: \(World.quoted(value))}"
        }
        return ProtectedSource(
            documents: [
                settings("plain", "as it was"), settings("odd", "$(x) \"quoted\" – ünï\ncode"), World.deployment,
            ],
            source: "kubernetes: {kinds: [ConfigMap, deployments.apps]}",
            restore: "restoreResources: {policy: p, conflict: Overwrite}",
            change: {
                try await world.kubectl("annotate", "configmap", "odd", "--overwrite", "changed=\(UUID().uuidString)")
            },
            damage: {
                try await Standalone.run(world) { _ in
                    try await world.kubectl("delete", "configmap", "odd")
                    try await world.kubectl(
                        "patch", "configmap", "plain", "--type=merge", "-p", #"{"data": {"value": "damaged"}}"#)
                    try await world.kubectl("scale", "deployment/api", "--replicas=0")
                }
            },
            contents: {
                let all = Mutex<String>("")
                try await Standalone.run(world) { _ in
                    let objects = try await world.kubectl(
                        "get", "configmaps,deployments", "-o",
                        "jsonpath={range .items[*]}{.metadata.name} {.data} {.metadata.labels} {.spec}{\"\\n\"}{end}")
                    all.withLock { $0 = objects }
                }
                return all.withLock { $0 }.split(separator: "\n").map(String.init)
            })
    }

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
            change: { try await commit("feature", "change \(UUID().uuidString)") },
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
