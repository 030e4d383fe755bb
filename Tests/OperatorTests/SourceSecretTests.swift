import Foundation
import Processes
import Synchronization
import Testing
import VaultTestServer

/// The secrets of every other kind of source go the same ways as those of SecretTests.
@Suite struct SourceSecretTests {
    @Test("Secrets of git, Vault, Prometheus and Kubernetes are in no log, event, object, store, metric or argument")
    func canaries() async throws {
        try await World.with(rows: 1) { world in
            try await TemporaryVault.with { vault in
                let password = "canary-prometheus-\(UUID().uuidString)"
                let crypt =
                    "import sys,crypt; print(crypt.crypt(sys.stdin.read(), crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))"
                let hash = String(
                    decoding: try await runChild(Command("python3", ["-c", crypt]), input: Array(password.utf8)),
                    as: UTF8.self
                )
                .trimmingCharacters(in: .whitespacesAndNewlines)
                try await ProtectedSource.prometheus(world, user: "dr", passwordHash: hash) { metrics in
                    try await Self.gitServer(world) { git in
                        try await Self.walk(world, vault, metrics, git, password)
                    }
                }
            }
        }
    }

    struct Git: Sendable {
        var url: String
        var password: String
    }

    private static func walk(
        _ world: World, _ vault: TemporaryVault, _ metrics: ProtectedSource, _ git: Git, _ password: String
    ) async throws {
        func canary(_ name: String) -> String { "canary-\(name)-\(UUID().uuidString)" }
        let stored = canary("kv")
        try await vault.put("secret/app", ["password": stored])
        var canaries = [
            "git password": git.password, "wrong git password": canary("git"), "ssh key": canary("ssh"),
            "Vault token": vault.token,
            "wrong Vault token": "s.\(canary("token"))", "KV secret": stored, "Prometheus password": password,
            "wrong Prometheus password": canary("prometheus"), "Prometheus token": canary("bearer"),
            "Secret that is backed up": canary("secret"),
        ]
        for (index, key) in vault.keys.enumerated() { canaries["unseal key \(index)"] = key }
        func named(_ name: String) -> String { canaries[name] ?? "" }
        let address = "127.0.0.1:\(try freeLoopbackPort())"
        let watch = ProcessWatch()
        let log = ["--verbose", "--probe-address", address]
        try await Standalone.run(world, environment: world.cache, arguments: log) { process in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await watch.run(below: process.pid) }
                try await world.prepare()
                let key =
                    "-----BEGIN OPENSSH PRIVATE KEY-----\n\(named("ssh key"))\n-----END OPENSSH PRIVATE KEY-----\n"
                try await world.apply(
                    World.secret("git", ["username": "mirror", "password": git.password]),
                    World.secret("git-wrong", ["username": "mirror", "password": named("wrong git password")]),
                    World.secret("ssh", ["ssh-privatekey": key, "known_hosts": ""]),
                    World.secret("vault", ["token": vault.token, "ca.crt": vault.certificateAuthority]),
                    World.secret(
                        "vault-wrong", ["token": named("wrong Vault token"), "ca.crt": vault.certificateAuthority]),
                    World.secret("unseal", ["keys": vault.keys.joined(separator: "\n")]),
                    World.secret("prometheus", ["username": "dr", "password": password]),
                    World.secret(
                        "prometheus-wrong", ["username": "dr", "password": named("wrong Prometheus password")]),
                    World.secret("prometheus-token", ["token": named("Prometheus token")]),
                    World.secret("app", ["password": named("Secret that is backed up")]))
                let server =
                    "vault: {address: \(World.quoted(vault.address)), tokenSecret: {name: vault}, caSecret: {name: vault}"
                let unseal = "unsealKeysSecret: {name: unseal}"
                let good = [
                    "git": "git: {url: \"\(git.url)/app.git\", credentialsSecret: {name: git}}",
                    "snapshot": "\(server), method: RaftSnapshot}",
                    "export": "\(server), method: KeyValueExport, paths: [secret]}", "metrics": metrics.source,
                    "objects": "kubernetes: {kinds: [Secret], includeSecrets: true}",
                ]
                let wrong = [
                    "git-wrong": "git: {url: \"\(git.url)/app.git\", credentialsSecret: {name: git-wrong}}",
                    "git-ssh": "git: {url: \"ssh://git@127.0.0.1:1/app.git\", credentialsSecret: {name: ssh}}",
                    "vault-wrong":
                        "\(server.replacing("tokenSecret: {name: vault}", with: "tokenSecret: {name: vault-wrong}"))}",
                    "metrics-wrong": metrics.source.replacing("name: prometheus}", with: "name: prometheus-wrong}"),
                    "metrics-token": metrics.source.replacing("name: prometheus}", with: "name: prometheus-token}"),
                ]
                func policy(_ name: String, _ source: String, _ verification: String) -> String {
                    World.object(
                        "BackupPolicy", name,
                        "{source: {\(source)}, storeRef: {name: primary}, trigger: first\(verification)}")
                }
                for (name, source) in good {
                    let proof =
                        name == "snapshot" ? ", vault: {\(unseal), canary: {path: secret/data/canary, key: value}}" : ""
                    try await world.apply(policy(name, source, ", verification: {everyBackup: true\(proof)}"))
                }
                for (name, source) in wrong { try await world.apply(policy(name, source, "")) }
                for name in good.keys {
                    try await world.wait(
                        "bp/\(name)", #".status.conditions[?(@.type=="Verified")].reason"#, is: "Verified", within: 180)
                }
                for name in wrong.keys { try await world.waitForComplaint("bp/\(name)", []) }
                let steps = [
                    "restoreGit: {policy: git, strategy: Overwrite}",
                    "restoreVaultKV: {policy: export, strategy: Overwrite}",
                    "restorePrometheus: {policy: metrics}", "restoreResources: {policy: objects, conflict: Overwrite}",
                    "restoreVault: {policy: snapshot, \(unseal), tokenSecret: {name: vault}}",
                ]
                let failing = [
                    "restoreGit: {policy: git, target: {url: \"\(git.url)/app.git\", credentialsSecret: {name: git-wrong}}}",
                    "restoreVaultKV: {policy: export, tokenSecret: {name: vault-wrong}, target: {address: \(World.quoted(vault.address)), caSecret: {name: vault}}}",
                ]
                let all =
                    failing.enumerated().map { "{name: f\($0.offset), onFailure: Continue, \($0.element)}" }
                    + steps.enumerated().map { "{name: s\($0.offset), \($0.element)}" }
                try await world.apply(
                    world.plan(phases: "[{name: all, steps: [\(all.joined(separator: ", "))]}]", token: "t"))
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded", within: 240)
                group.cancelAll()
            }
            var places = ["arguments": watch.arguments.withLock { $0.sorted().joined(separator: "\n") }]
            // An ssh that is refused at once may be gone before it is seen.
            for program in ["git-remote-http", "server -config=", "--storage.tsdb.path="] {
                #expect(places["arguments"]?.contains(program) == true, "\(program) was not seen at work")
            }
            places["metrics"] = try await world.run("curl", "-sSf", "http://\(address)/metrics")
            #expect(places["metrics"]?.contains("dr_policy_recoverable_timestamp_seconds") == true)
            places["log"] = try String(contentsOf: world.log, encoding: .utf8)
            places["events"] = try await world.kubectl("get", "events", "-o", "yaml")
            let kinds = "backupstores,backuppolicies,backups,recoveryplans,recoveryruns,configmaps"
            places["objects"] = try await world.kubectl("get", kinds, "-o", "yaml")
            places["description"] = try await world.kubectl("describe", kinds)
            places["status"] = try await world.dr("status")
            let names = FileManager.default.enumerator(atPath: world.store.path)?.compactMap { $0 as? String } ?? []
            #expect(
                names.contains { $0.hasPrefix("ledger/") } && names.contains { $0.hasPrefix("proofs/") }, "\(names)")
            for name in names {
                guard let data = try? Data(contentsOf: world.store.appending(path: name)) else { continue }
                places["store \(name)"] = String(decoding: data, as: UTF8.self)
            }
            // What work has left in the cache: mirrors, and nothing with a secret.
            let cached =
                FileManager.default.enumerator(atPath: world.folder.appending(path: "dr-cache").path)?.compactMap {
                    $0 as? String
                } ?? []
            for name in cached {
                guard let data = try? Data(contentsOf: world.folder.appending(path: "dr-cache/\(name)")) else {
                    continue
                }
                places["cache \(name)"] = String(decoding: data, as: UTF8.self)
            }
            expectNone(of: canaries, in: places)
        }
    }

    /// A repository behind a password.
    private static func gitServer(_ world: World, _ body: @escaping @Sendable (Git) async throws -> Void) async throws {
        let root = world.folder.appending(path: "repositories")
        let path = root.appending(path: "app.git").path
        func run(_ arguments: [String], input: String = "") async throws -> String {
            let who = [
                "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": path,
            ]
            return String(
                decoding: try await runChild(Command("git", arguments, environment: who), input: Array(input.utf8)),
                as: UTF8.self
            )
            .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try await run(["init", "--quiet", "--bare", "--initial-branch=main", path])
        _ = try await run(["config", "http.receivepack", "true"])
        let commit = try await run(["commit-tree", try await run(["mktree"]), "-m", "first"])
        _ = try await run(["update-ref", "refs/heads/main", commit])
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../GitProtectionTests/Resources/git_http_server.py"
        ).path
        let password = "canary-git-\(UUID().uuidString)"
        try await withChild(Command("python3", [script, root.path, "mirror", password], diesWithParent: .kill)) {
            streams in
            var line = ""
            while !line.hasSuffix("\n") {
                let piece = try await streams.output.read(upTo: 64)
                try #require(!piece.isEmpty)
                line += String(decoding: piece, as: UTF8.self)
            }
            try await body(
                Git(url: "http://127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))", password: password)
            )
        }
    }
}
