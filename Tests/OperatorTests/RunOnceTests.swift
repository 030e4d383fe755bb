import Foundation
import PostgreSQLClient
import PostgresTestServer
import Testing

/// A recovery that is done is not done again, and what may have happened is not done again unasked.
@Suite struct RunOnceTests {
    private static func sql(_ name: String, _ query: String, _ more: String = "", _ step: String = "") -> String {
        RunControlTests.sql(name, query, more, step)
    }

    /// A table that no backup has, with a row for each time that a step was done.
    private func inWorld(_ body: (World) async throws -> Void) async throws {
        try await World.with(rows: 5) { world in
            try await world.sql("create table marks (v text)")
            try await body(world)
        }
    }

    private func prepare(_ world: World) async throws {
        try await world.prepare()
        try await world.apply(world.policy(more: ""))
        try await world.wait("bst/primary", ".status.phase", is: "Ready")
    }

    @Test(
        "An API server that is restored to a time when the run was under way repeats nothing: the ledger knows that it ended"
    )
    func restoredServer() async throws {
        try await inWorld { world in
            let phases = RunControlTests.phases(
                Self.sql("first", "insert into marks values ('first')", ", write: true, repeatable: true"),
                Self.sql("second", "insert into marks values ('second')", ", write: true, repeatable: true"))
            try await Standalone.run(world) { _ in try await prepare(world) }
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done"]) { process in
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            // The backup of the API server, as one of etcd.
            let copy = world.folder.appending(path: "copy")
            try FileManager.default.copyItem(at: world.state, to: copy)
            try await Standalone.run(world) { _ in
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                try await world.eventually("the ledger is closed") {
                    try world.text("ledger/\(World.namespace)/plan/t.json").contains("\"Succeeded\"") ? nil : "open"
                }
            }
            let done = try await world.values("select v from marks order by 1")
            let journal = try world.text("runs/\(World.namespace)/plan/plan-t/journal.jsonl")
            try FileManager.default.removeItem(at: world.state)
            try FileManager.default.moveItem(at: copy, to: world.state)
            try await Standalone.run(world) { _ in
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                let message = try await world.field("rr/plan-t", ".status.message")
                #expect(message.contains("the ledger says that this run ended"), "\(message)")
                #expect(try await world.field("rr/plan-t", ".status.steps[*].state") == "Succeeded Succeeded")
            }
            #expect(try await world.values("select v from marks order by 1") == done)
            #expect(try world.text("runs/\(World.namespace)/plan/plan-t/journal.jsonl") == journal)
        }
    }

    @Test("A run whose token another cluster took over begins no further step")
    func takenOver() async throws {
        try await inWorld { world in
            try await Standalone.run(world) { _ in
                try await prepare(world)
                let holder = try await PostgresConnection.connect(
                    world.postgres.configuration(database: world.database))
                try await holder.execute("select pg_advisory_lock(7)")
                let phases = RunControlTests.phases(
                    Self.sql("first", "select pg_advisory_lock(7)"),
                    Self.sql("second", "insert into marks values ('second')", ", write: true"))
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
                // As the other cluster's dr recover --resume writes it.
                let uid = try await world.field("rr/plan-t", ".metadata.uid")
                let key = "ledger/\(World.namespace)/plan/t.json"
                let entry = try world.text(key)
                #expect(entry.contains(uid))
                try entry.replacing(uid, with: "of-another-cluster").replacing(
                    "\"plan-t\"", with: "\"plan-t-resume-1\""
                )
                .write(to: world.store.appending(path: key), atomically: true, encoding: .utf8)
                await holder.close()
                try await world.wait("rr/plan-t", ".status.state", is: "AlreadyExecuted")
                let message = try await world.field("rr/plan-t", ".status.message")
                #expect(message.contains("taken over by plan-t-resume-1"), "\(message)")
                #expect(try await world.field("rr/plan-t", ".status.steps[1].state") == "Skipped")
                #expect(try await world.values("select count(*) from marks") == ["0"])
                #expect(try world.text(key).contains("\"Started\""), "the ledger is the other's to close")
            }
        }
    }

    @Test(
        "A write that the lost run was at waits for a person in the run that takes over, who may not bring another plan"
    )
    func resumeOfWrite() async throws {
        try await inWorld { world in
            let phases = RunControlTests.phases(
                Self.sql("done", "insert into marks values ('done')", ", write: true"),
                Self.sql("once", "insert into marks values ('once')", ", write: true"))
            try await Standalone.run(world) { _ in try await prepare(world) }
            let plan = world.plan(phases: phases, token: "t")
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done:2"]) { process in
                try await world.apply(plan)
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try FileManager.default.removeItem(at: world.state)
            try await Standalone.run(world) { _ in
                try await prepare(world)
                try await world.apply(plan.replacing("'done'", with: "'other'"))
                try await world.wait("rp/plan", ".status.state", is: "AlreadyExecuted")
                await #expect(throws: (any Error).self) {
                    try await world.dr("recover", "plan", "--token", "t", "--resume")
                }
                let refused = try await world.field("rr", ".items[?(@.spec.resume==true)].status.message")
                #expect(refused.contains("another version of the plan"), "\(refused)")
                try await world.kubectl("delete", "rr", "--all")
                try await world.apply(plan)
                await #expect(throws: (any Error).self) {
                    try await world.dr("recover", "plan", "--token", "t", "--resume")
                }
                let name = try await world.field("rr", ".items[?(@.spec.resume==true)].metadata.name")
                try await world.wait("rr/\(name)", ".status.steps[*].state", is: "Succeeded Unknown")
                #expect(try await world.field("rr/\(name)", ".status.state") == "Paused")
                #expect(try await world.values("select v from marks order by 1") == ["done", "once"])
                try await world.dr("abort", name)
                try await world.wait("rr/\(name)", ".status.state", is: "Aborted")
                #expect(
                    try await world.field("rr/\(name)", ".status.steps[*].state") == "Succeeded Unknown",
                    "it may have happened")
            }
        }
    }

    @Test("A write whose connection is lost is not tried again, however many retries it has")
    func lostConnection() async throws {
        try await inWorld { world in
            try await Standalone.run(world) { _ in
                try await prepare(world)
                let query = "with m as (insert into marks values ('once') returning 1) select pg_sleep(600) from m"
                try await world.apply(
                    world.plan(
                        phases: RunControlTests.phases(Self.sql("once", query, ", write: true", ", retries: 5")),
                        token: "t"))
                let running = "from pg_stat_activity where query like 'with m as%' and datname = current_database()"
                try await world.eventually("the statement runs") {
                    try await world.values("select 1 \(running)").isEmpty ? "not yet" : nil
                }
                _ = try await world.values("select pg_terminate_backend(pid) \(running)")
                try await world.wait("rr/plan-t", ".status.state", is: "Paused")
                #expect(try await world.field("rr/plan-t", ".status.steps[0].state") == "Unknown")
                #expect(try await world.field("rr/plan-t", ".status.steps[0].attempts") == "1")
                // The person looks, and has it done.
                try await world.kubectl(
                    "patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Paused"}}"#)
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Waiting")
                try await world.kubectl(
                    "patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Running"}}"#)
                try await world.eventually("the statement runs") {
                    try await world.values("select 1 \(running)").isEmpty ? "not yet" : nil
                }
                try await world.dr("abort", "plan-t")
                try await world.wait("rr/plan-t", ".status.state", is: "Aborted")
            }
        }
    }

    @Test(
        "A later attempt restores what the first one chose, not a backup that was taken of the damaged database meanwhile"
    )
    func chosenOnce() async throws {
        try await World.with(rows: 50) { world in
            try await Standalone.run(world) { _ in
                let first = try await world.prepareWithBackup()
                let before = try await world.contents()
                try await world.damage()
                try await world.kubectl("delete", "secret", "identity")
                let phases = World.restoreOnly.replacing("{name: restore,", with: "{name: restore, retries: 20,")
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Waiting")
                #expect(try await world.field("rr/plan-t", ".status.steps[0].backup.name") == first)
                try await world.apply(world.policy(more: "trigger: second"))
                try await world.wait("backups", ".items[*].status.phase", is: "Complete Complete")
                try await world.apply(World.secret("identity", ["identity": world.identity]))
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded", within: 120)
                #expect(try await world.field("rr/plan-t", ".status.steps[0].outputs.backup") == first)
                #expect(try await world.contents() == before)
            }
        }
    }

    @Test("A second run of a plan waits for the first one; a dry run need not")
    func oneAtATime() async throws {
        try await inWorld { world in
            try await Standalone.run(world) { _ in
                try await prepare(world)
                try await world.apply(
                    world.plan(phases: RunControlTests.phases(Self.sql("long", "select pg_sleep(600)")), token: "a"))
                try await world.wait("rr/plan-a", ".status.steps[0].state", is: "Running")
                let quick = RunControlTests.phases(Self.sql("quick", "insert into marks values ('b')", ", write: true"))
                try await world.apply(world.plan(phases: quick, token: "b"))
                try await world.wait(
                    "rr/plan-b", #".status.conditions[?(@.type=="Ready")].reason"#, is: "OtherRunUnderWay")
                #expect(try await world.field("rr/plan-b", ".status.state") == "Pending")
                #expect(try await world.field("rr/plan-b", ".status.message").contains("plan-a"))
                let dry = try await world.dr("recover", "plan", "--token", "c", "--dry-run")
                #expect(dry.contains("Succeeded"), "\(dry)")
                #expect(try await world.values("select count(*) from marks") == ["0"])
                #expect(
                    !FileManager.default.fileExists(
                        atPath: world.store.appending(path: "ledger/\(World.namespace)/plan/b.json").path))
                try await world.dr("abort", "plan-a")
                try await world.wait("rr/plan-b", ".status.state", is: "Succeeded")
                #expect(try await world.values("select v from marks") == ["b"])
            }
        }
    }

    @Test(
        "A store that lets two writers create one key keeps no ledger: nothing is done, and the condition says the mend"
    )
    func noConditionalWrites() async throws {
        try await inWorld { world in
            try await Standalone.run(world) { _ in
                try await prepare(world)
                func say(_ isConditional: Bool) async throws {
                    try await world.kubectl(
                        "patch", "bst/primary", "--subresource=status", "--type=merge", "-p",
                        #"{"status":{"conditionalWrites":\#(isConditional)}}"#)
                }
                try await say(false)
                let steps = RunControlTests.phases(
                    Self.sql("once", "insert into marks values ('once')", ", write: true"))
                try await world.apply(world.plan(phases: steps, token: "t"))
                try await world.waitForComplaint(
                    "rr/plan-t", reason: "NoConditionalWrites", ["primary", "spec.storeRef", "If-None-Match"])
                try await world.waitForWarning("RecoveryRun/plan-t", ["If-None-Match"])
                #expect(try await world.field("rr/plan-t", ".status.state") == "Pending")
                #expect(try world.files("ledger").isEmpty)
                try await say(true)
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
                #expect(try await world.values("select v from marks") == ["once"])
            }
        }
    }

    @Test("A run that is deleted and made anew at once does not leave the old one's step running unseen")
    func madeAnew() async throws {
        try await inWorld { world in
            try await Standalone.run(world) { _ in
                try await prepare(world)
                try await world.apply(
                    world.plan(phases: RunControlTests.phases(Self.sql("long", "select pg_sleep(600)")), token: "t"))
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
                let running =
                    "select 1 from pg_stat_activity where query like 'select pg_sleep(600)%' and datname = current_database()"
                try await world.eventually("the statement runs") {
                    try await world.values(running).isEmpty ? "not yet" : nil
                }
                // The plan makes it again as soon as it is gone.
                try await world.kubectl("delete", "rr/plan-t")
                try await world.eventually("the statement is cancelled") {
                    try await world.values(running).isEmpty ? nil : "runs"
                }
                try await world.wait("rr/plan-t", ".status.state", is: "AlreadyExecuted")
            }
        }
    }
}
