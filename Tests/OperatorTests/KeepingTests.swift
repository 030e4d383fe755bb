import Foundation
import Processes
import Testing

/// What expires, what comes back, and who may write: in the whole operator.
@Suite struct KeepingTests {
    private static func trigger(_ name: String, _ more: String = "retention: {keepLast: 1}") -> String {
        "trigger: \(name), \(more)"
    }

    @Test("What expires goes from the store and from the cluster, and the policy says so")
    func expiry() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                let first = try await world.prepareWithBackup()
                try await world.apply(world.policy(more: Self.trigger("second")))
                try await world.eventually("one backup is left") {
                    let names = try await world.field("backups", ".items[*].metadata.name").split(separator: " ").map(
                        String.init)
                    return names.count == 1 && names != [first] ? nil : "\(names)"
                }
                #expect(try world.files("catalog").count == 1 && world.stored().count == 1)
                #expect(try world.files("expiry").isEmpty)
                try await world.eventually("the policy says so") {
                    let status = try await world.field("bp/db", ".status.retention")
                    return status.contains(#""expired":1"#) && status.contains(#""kept":1"#) ? nil : status
                }
                #expect(
                    try await world.events().contains { $0.reason == "BackupExpired" && $0.message.contains(first) })
                // The count of the store follows.
                try await world.wait("bst/primary", ".status.backups", is: "1")
            }
        }
    }

    @Test(
        "Ended at any point of an expiry, the next operator finishes it",
        arguments: ["retention-decided", "retention-erased"])
    func killed(_ point: String) async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in _ = try await world.prepareWithBackup() }
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": point]) { process in
                // Looks at one backup find nothing, and are no such point.
                try await world.apply(world.policy(more: Self.trigger("second")))
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try await Standalone.run(world) { _ in
                try await world.eventually("one backup is left") {
                    let names = try await world.field("backups", ".items[*].metadata.name").split(separator: " ")
                    return try names.count == 1 && world.files("expiry").isEmpty && world.files("catalog").count == 1
                        ? nil : "\(names)"
                }
            }
        }
    }

    @Test("Nothing expires beside a paused recovery, or while the policy is suspended")
    func obstacles() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let phases =
                    "[{name: p, steps: [{name: s, onFailure: Pause, sql: {policy: db, query: \"select 1/0\"}}]}]"
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await world.wait("rr/plan-t", ".status.state", is: "Paused")
                try await world.apply(world.policy(more: Self.trigger("second")))
                try await world.eventually("the policy says why") {
                    let message = try await world.field("bp/db", ".status.retention.message")
                    return message.contains("RecoveryRun plan-t") ? nil : message
                }
                try await world.eventually("two backups") { try world.files("catalog").count == 2 ? nil : "one" }
                try await world.apply(
                    world.policy(more: Self.trigger("second", "suspend: true, retention: {keepLast: 1}")))
                try await world.kubectl(
                    "patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Aborted"}}"#)
                try await world.eventually("the policy is suspended") {
                    let message = try await world.field("bp/db", ".status.retention.message")
                    return message.contains("suspended") ? nil : message
                }
                #expect(try world.files("catalog").count == 2)
                try await world.apply(world.policy(more: Self.trigger("second")))
                try await world.eventually("one is left") { try world.files("catalog").count == 1 ? nil : "two" }
            }
        }
    }

    @Test("A policy's data goes with it only where it says so, and a store that is gone does not hold it")
    func deletion() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                try await world.kubectl("delete", "bp/db")
                #expect(try world.stored().count == 1 && world.files("catalog").count == 1)
                #expect(try await world.field("backups", ".items[*].status.phase") == "Complete")
                try await world.apply(world.policy(more: "onDelete: Delete"))
                try await world.wait("bp/db", ".metadata.finalizers[0]", is: "dr.hotswap.io/delete-data")
                try await world.kubectl("delete", "bp/db", "--timeout=60s")
                #expect(
                    try world.files("data").isEmpty && world.files("catalog").isEmpty && world.files("writers").isEmpty)
                try await world.eventually("its Backups are gone") {
                    try await world.field("backups", ".items").count <= 2 ? nil : "not yet"
                }

                try await world.apply(world.policy(more: "onDelete: Delete, trigger: again"))
                try await world.eventually("a Backup is made") {
                    try await world.field("backups", ".items[*].metadata.name").isEmpty ? "none" : nil
                }
                #expect(
                    try await world.field("bp/db", ".metadata.finalizers[0]") == "dr.hotswap.io/delete-data",
                    "it is held before anything is stored")
                try await world.wait("backups", ".items[*].status.phase", is: "Complete")
                try await world.kubectl("delete", "bst/primary")
                try await world.kubectl("delete", "bp/db", "--timeout=60s")
                #expect(try world.stored().count == 1)
                #expect(try await world.events().contains { $0.reason == "DataRetained" })
            }
        }
    }

    @Test("A fresh cluster shows what the bucket has; it restores at once, and writes after one step")
    func freshCluster() async throws {
        try await World.with(rows: 20) { world in
            var name = ""
            try await Standalone.run(world) { _ in name = try await world.prepareWithBackup() }
            let before = try await world.contents()
            let holder = try #require(
                try world.text("writers/\(World.namespace)/db.json").split(separator: "\"").map(String.init).first {
                    $0.count == 36
                })
            // Another namespace's, which is not this store's to show.
            try FileManager.default.copyItem(
                at: world.store.appending(path: "catalog/\(World.namespace)"),
                to: world.store.appending(path: "catalog/other"))
            try FileManager.default.removeItem(at: world.state)
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.wait("bk/\(name)", ".status.phase", is: "Complete")
                #expect(try await world.field("backups", ".items[*].metadata.name") == name)
                #expect(try await world.field("bk/\(name)", ".spec.fromCatalogue") == "true")

                try await world.apply(world.policy(more: "trigger: mine"))
                try await world.waitForComplaint("bp/db", reason: "WriterConflict", [holder, "annotate bp db"])
                try await world.waitForWarning("BackupPolicy/db", [holder, "annotate bp db"])
                #expect(
                    try await world.events().contains {
                        $0.object == "BackupPolicy/db" && $0.reason == "WriterConflict"
                    })
                try await world.damage()
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t"))
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                #expect(try await world.contents() == before)
                #expect(try world.files("catalog/\(World.namespace)").count == 1, "no backup was taken")

                try await world.kubectl("annotate", "bst", "primary", "dr.hotswap.io/adopt=\(holder)")
                try await world.eventually("it backs up", within: 90) {
                    try world.files("catalog/\(World.namespace)").count == 2 ? nil : "one"
                }
                // Deleted by hand it comes back: the bucket has it.
                try await world.kubectl("delete", "bk/\(name)")
                try await world.apply(world.policy(more: "trigger: more"))
                try await world.wait("bk/\(name)", ".status.phase", is: "Complete", within: 90)
            }
        }
    }

    @Test("A cluster that loses its claim in the middle of a backup writes no manifest, and says who has it")
    func lostClaim() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world, environment: ["DR_KILL_AT": "backup-dumped", "DR_KILL_SIGNAL": "STOP"]) {
                process in
                try await world.prepare()
                try await world.apply(world.policy())
                try await world.eventually("it stands still") { process.state == "T" ? nil : process.state }
                let path = "writers/\(World.namespace)/db.json"
                let text = try world.text(path)
                let holder = try #require(text.split(separator: "\"").map(String.init).first { $0.count == 36 })
                let other = "0" + holder.dropFirst()
                try Data(text.replacing(holder, with: other == holder ? "1" + holder.dropFirst() : other).utf8).write(
                    to: world.store.appending(path: path))
                process.signal(SIGCONT)
                try await world.wait("bk", ".items[*].status.phase", is: "Failed")
                let name = try await world.field("bk", ".items[0].metadata.name")
                try await world.waitForComplaint(
                    "bk/\(name)", [String(holder.dropFirst()), "writes this policy's backups"])
                #expect(try world.files("catalog").isEmpty)
            }
        }
    }

    @Test("A manifest that was deleted in the store is told, and its backup no longer counts")
    func lost() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                let name = try await world.prepareWithBackup()
                try FileManager.default.removeItem(
                    at: world.store.appending(path: "catalog/\(World.namespace)/db/\(name).json"))
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.waitForComplaint("bk/\(name)", reason: "DataMissing", ["not in the store"])
                try await world.eventually("the policy names the other") {
                    let last = try await world.field("bp/db", ".status.lastBackup")
                    return last.isEmpty || last == name ? last : nil
                }
            }
        }
    }
}

/// `dr catalog` needs no cluster.
@Suite struct CatalogCommandTests {
    @Test("It lists a folder, shows what would expire and why not, deletes when told so, and shows orphans")
    func folder() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.eventually("two backups") { try world.files("catalog").count == 2 ? nil : "one" }
            }
            let place = ["catalog", "--filesystem", world.store.path]
            let list = try await world.command(place)
            #expect(list.output.split(separator: "\n").count == 3 && list.output.contains("15 rows"), "\(list)")
            let json = try await world.command(place + ["-o", "json"])
            #expect(json.output.contains("\"storedBytes\"") && json.output.contains("\"holder\""), "\(json)")

            let policies = world.folder.appending(path: "policies.yaml")
            try Data(world.policy(more: "retention: {keepLast: 1}").utf8).write(to: policies)
            let expire = place + ["--expire", "-n", World.namespace, "--policies", policies.path]
            let dry = try await world.command(expire + ["--dry-run"])
            #expect(dry.output.contains("keepLast, newest") && dry.output.contains("no rule keeps it"), "\(dry)")
            #expect(try world.files("catalog").count == 2)
            let holder = try #require(
                try world.text("writers/\(World.namespace)/db.json").split(separator: "\"").map(String.init).first {
                    $0.count == 36
                })
            let refused = try await world.command(expire + ["--yes"])
            #expect(refused.code != 0 && refused.output.contains("--as-writer \(holder)"), "\(refused)")
            let unsure = try await world.command(expire + ["--as-writer", holder])
            #expect(
                unsure.code != 0 && unsure.output.contains("--yes") && unsure.output.contains("cannot check"),
                "\(unsure)")
            #expect(try world.files("catalog").count == 2)
            let done = try await world.command(expire + ["--as-writer", holder, "--yes"])
            #expect(done.code == 0 && done.output.contains("backups deleted: 1"), "\(done)")
            #expect(try world.files("catalog").count == 1 && world.stored().count == 1 && world.files("expiry").isEmpty)

            try FileManager.default.createDirectory(
                at: world.store.appending(path: "data/shop/db/b/attempt"), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: world.store.appending(path: "data/shop/db/b/attempt/x.zst.age"))
            let orphans = try await world.command(place + ["--orphans"])
            #expect(orphans.output.contains("data/shop/db/b/attempt/x.zst.age"), "\(orphans)")
            for (arguments, words) in [
                (["catalog"], ["--filesystem"]),
                (["catalog", "--expire", "--filesystem", world.store.path], ["--policies"]),
                (["catalog", "--filesystem", world.folder.path + "/gone"], ["gone"]),
                (["catalog", "--s3-endpoint", "https://localhost:1"], ["--s3-bucket"]),
                (["catalog", "x", "--filesystem", "/"], ["not both"]),
            ] {
                let said = try await world.command(arguments)
                #expect(said.code != 0 && words.allSatisfy(said.output.contains), "\(arguments): \(said)")
            }
        }
    }
}

extension World {
    /// The folders of backups that have data.
    func stored() throws -> Set<String> {
        Set(try files("data").map { $0.split(separator: "/").prefix(4).joined(separator: "/") })
    }

    /// Both outputs and the exit code of a verb.
    func command(_ arguments: [String]) async throws -> (output: String, code: Int32) {
        let said = try await run(
            "bash", ["-c", "\"$@\" 2>&1; echo \"code $?\"", "bash", Standalone.executable] + arguments)
        let lines = said.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.isEmpty }
        let code = lines.last.flatMap { Int32($0.dropFirst(5)) } ?? -1
        return (lines.dropLast().joined(separator: "\n"), code)
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        String(decoding: try await runChild(Command(program, arguments, environment: environment)), as: UTF8.self)
    }
}
