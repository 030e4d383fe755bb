import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import Testing

/// When backups are made, by the whole operator: by slots and triggers, one after the other, and never unasked.
@Suite struct BackupTurnTests {
    @Test(
        "A missed slot makes one Backup, and a trigger one: touched as often as may be, there are no more, and nothing is written"
    )
    func idle() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                // Today's slot was three to four hours ago, the next is tomorrow.
                let hour = Calendar.utc.component(.hour, from: Date(timeIntervalSinceNow: -3 * 3600))
                let more =
                    "schedule: {cron: \"0 \(hour) * * *\"}, retention: {keepLast: 3}, objective: {rpo: 30d}, trigger: first"
                try await world.apply(
                    world.policy(more: "suspend: true, " + more), world.plan(phases: World.restoreOnly))
                try await world.wait("bp/db", ".status.phase", is: "Suspended")
                // An operator that was away for days.
                let away = Date(timeIntervalSinceNow: -3 * 86400).formatted(Date.ISO8601FormatStyle())
                try await world.kubectl(
                    "patch", "bp/db", "--subresource=status", "--type=merge", "-p",
                    #"{"status":{"lastSlot":"\#(away)"}}"#)
                try await world.apply(world.policy(more: more))
                try await world.wait("bk", ".items[*].status.phase", is: "Complete Complete")
                let slot = try await world.field("bk", ".items[*].spec.slot")
                let due = try Date(slot, strategy: Date.ISO8601FormatStyle())
                #expect((-4 * 3600 - 300 ..< -3 * 3600).contains(due.timeIntervalSinceNow), "\(slot)")
                let digits = slot.filter(\.isNumber)
                #expect(try await world.names("bk").contains("db-\(digits.prefix(8))-\(digits.suffix(6))"))
                #expect(try await world.field("bp/db", ".status.lastSlot") == slot)
                #expect(try await world.field("bp/db", ".status.lastTrigger") == "first")
                try await world.wait("bst/primary", ".status.backups", is: "2")
                try await world.eventually("retention has looked") {
                    try await world.field("bp/db", ".status.retention.kept") == "2" ? nil : "not yet"
                }

                try await world.settle()
                let before = try await world.snapshot()
                let others = ["bst/primary", "rp/plan"] + (try await world.names("bk")).map { "bk/\($0)" }
                for round in 1...4 {
                    for object in others + ["bp/db"] {
                        try await world.kubectl("annotate", "--overwrite", object, "touched=\(round)")
                    }
                    let versions = try await world.versions(others)
                    try await world.settle()
                    #expect(try await world.versions(others) == versions)
                }
                #expect(try await world.snapshot() == before)
            }
        }
    }

    @Test("Backups beyond the limit wait for a place, say so, and are made in the end")
    func queued() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world, arguments: ["--max-concurrent-backups", "1"]) { _ in
                try await world.prepare()
                // A dump waits for the lock.
                let holder = try await PostgresConnection.connect(
                    world.postgres.configuration(database: world.database))
                try await holder.execute("begin")
                try await holder.execute("lock table customers in access exclusive mode")
                do {
                    try await world.apply(world.policy("a"))
                    try await world.wait("bk", ".items[*].status.phase", is: "Running")
                    try await world.apply(world.policy("b"), world.policy("c"))
                    try await world.wait("bk", ".items[*].status.phase", is: "Running Queued Queued")
                    let waiting = try await world.names("bk")[1]
                    try await world.waitForComplaint(
                        "bk/\(waiting)", reason: "Queued", ["1 backups", "--max-concurrent-backups"])
                    #expect(try await world.field("bk/\(waiting)", ".status.attempts").isEmpty)
                    // One that waits and is deleted holds nobody up.
                    try await world.apply(world.policy("b", more: "suspend: true"))
                    try await world.kubectl("delete", "bk/\(waiting)")
                } catch {
                    await holder.close()
                    throw error
                }
                await holder.close()
                try await world.wait("bk", ".items[*].status.phase", is: "Complete Complete")
            }
        }
    }

    @Test("A number that is none is refused", arguments: ["0", "-1", "many"])
    func refused(_ number: String) async throws {
        try await World.with(rows: 1) { world in
            let said = try await world.command([
                "standalone", "--state", world.state.path, "--max-concurrent-backups=\(number)",
            ])
            #expect(said.code != 0 && said.output.contains("max-concurrent-backups"), "\(said)")
        }
    }

    @Test("Bytes without a manifest are stored and not complete, and that says why")
    func stored() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.wait("bst/primary", ".status.phase", is: "Ready")
                // No manifest can be written below a file.
                let folder = world.store.appending(path: "catalog/\(World.namespace)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data().write(to: folder.appending(path: "db"))
                try await world.apply(world.policy())
                let condition = { (type: String) in ".items[0].status.conditions[?(@.type==\"\(type)\")].status" }
                try await world.wait("bk", condition("Stored"), is: "True")
                #expect(try await world.field("bk", condition("Complete")) == "False")
                try await world.eventually("it says what is in the way") {
                    let error = try await world.field("bk", ".items[0].status.error")
                    return error.contains("catalog") ? nil : error
                }
                // Another attempt cannot mend that.
                #expect(try await world.field("bk", ".items[0].status.phase") == "Failed")
                #expect(try await world.field("bk", condition("Stored")) == "True")
                try FileManager.default.removeItem(at: folder.appending(path: "db"))
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.eventually("the next backup is complete") {
                    let all = try await world.field("bk", ".items[*].status.phase").split(separator: " ")
                    return Set(all) == ["Failed", "Complete"] ? nil : "\(all)"
                }
            }
        }
    }

    @Test("An operator without the age identity backs a database up, and can read none of it")
    func writeOnly() async throws {
        try await World.with(rows: 20) { world in
            try await Standalone.run(world) { _ in
                try await world.kubectl("create", "namespace", World.namespace)
                try await world.apply(
                    World.secret("db", ["password": world.postgres.password]),
                    World.secret("db-ca", ["ca.crt": world.postgres.certificateAuthority]),
                    World.object(
                        "BackupStore", "primary",
                        "{filesystem: {path: \(World.quoted(world.store.path))}, encryption: {recipients: [\(world.recipient)]}}"
                    ))
                try await world.apply(world.policy())
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                let before = try await world.contents()
                let error = await #expect(throws: (any Error).self) { try await world.dr("verify", "db", "--wait") }
                #expect("\(String(describing: error))".contains("spec.encryption.identitySecret"))
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t"))
                try await world.eventually("the restore says what it needs") {
                    let message = try await world.field("rr/plan-t", ".status.steps[*].message")
                    return message.contains("identitySecret") ? nil : message
                }
                #expect(try await world.contents() == before)
            }
            // The key that it never had opens it.
            let dump = world.store.appending(path: try #require(try world.files("data").first))
            try await world.run(
                "age", "-d", "-i", world.folder.appending(path: "identity").path, "-o", "/dev/null", dump.path)
        }
    }
}

extension World {
    func names(_ kind: String) async throws -> [String] {
        try await field(kind, ".items[*].metadata.name").split(separator: " ").map(String.init)
    }

    /// Returns when each controller has looked at what has happened so far: new objects go through the same queues behind it.
    fileprivate func settle() async throws {
        let name = "fence-\(UUID().uuidString.prefix(8).lowercased())"
        try await apply(
            store(name, path: folder.appending(path: "absent/\(name)").path), policy(name, store: name),
            plan(name, phases: World.restoreOnly))
        for kind in ["bst", "bp", "rp"] {
            try await eventually("\(kind)/\(name) was looked at") {
                try await field("\(kind)/\(name)", ".status").isEmpty ? "not yet" : nil
            }
        }
        for kind in ["bp", "bst", "rp"] { try await kubectl("delete", "\(kind)/\(name)") }
    }

    fileprivate func versions(_ objects: [String]) async throws -> [String] {
        var found: [String] = []
        for object in objects { found.append(try await field(object, ".metadata.resourceVersion")) }
        return found
    }

    /// All that a person reads of the objects, but for the age that the RPO column shows.
    fileprivate func snapshot() async throws -> [String] {
        var found: [String] = []
        for kind in ["bst", "bp", "bk", "rp", "rr"] {
            let text = try await kubectl(
                "get", kind, "-o", "jsonpath={range .items[*]}{.metadata.name} {.spec} {.status}{\"\\n\"}{end}")
            found += text.split(separator: "\n").map { String($0) }.map { $0.replacing(/"rpo":"met [^"]*"/, with: "") }
        }
        return found
    }
}

extension Calendar {
    fileprivate static var utc: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }
}
