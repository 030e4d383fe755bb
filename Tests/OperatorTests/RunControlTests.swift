import Foundation
import PostgreSQLClient
import PostgresTestServer
import Testing

/// How people steer a recovery: pause, go on, give up, take over.
@Suite struct RunControlTests {
    static func sql(_ name: String, _ query: String, _ more: String = "", _ step: String = "") -> String {
        "{name: \(name), sql: {policy: db, query: \(World.quoted(query))\(more)}\(step)}"
    }

    static func phases(_ steps: String...) -> String { "[{name: only, steps: [\(steps.joined(separator: ", "))]}]" }

    private func inWorld(_ body: (World) async throws -> Void) async throws {
        try await World.with(rows: 5) { world in
            try await world.sql("create table gate (v text); insert into gate values ('closed')")
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.policy(more: ""))
                try await body(world)
            }
        }
    }

    @Test("An aborted run ends at once: its step is cancelled, and none follows")
    func abort() async throws {
        try await inWorld { world in
            let phases = Self.phases(
                Self.sql("long", "select pg_sleep(600)"),
                Self.sql("never", "insert into gate values ('done')", ", write: true"))
            try await world.apply(world.plan(phases: phases, token: "t"))
            try await world.eventually("the statement runs") {
                try await world.values(
                    "select 1 from pg_stat_activity where query like 'select pg_sleep(600)%' and datname = current_database()"
                ).isEmpty ? "not yet" : nil
            }
            let said = try await world.dr("abort", "plan-t")
            #expect(said.contains("plan-t"))
            try await world.wait("rr/plan-t", ".status.state", is: "Aborted")
            #expect(try await world.field("rr/plan-t", ".status.steps[*].state") == "Failed Skipped")
            try await world.eventually("the statement is cancelled on the server") {
                try await world.values(
                    "select 1 from pg_stat_activity where query like 'select pg_sleep(600)%' and datname = current_database()"
                ).isEmpty ? nil : "runs"
            }
            #expect(try await world.values("select count(*) from gate") == ["1"])
            try await world.eventually("the ledger says so") {
                try world.text("ledger/\(World.namespace)/plan/t.json").contains("\"Aborted\"") ? nil : "open"
            }
            // Terminal states are not left, whatever is asked for now.
            try await world.kubectl("patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Running"}}"#)
            await #expect(throws: (any Error).self) { try await world.dr("abort", "plan-t") }
            #expect(try await world.field("rr/plan-t", ".status.state") == "Aborted")
        }
    }

    @Test("A paused run finishes its step and begins no other until it is told to go on")
    func pause() async throws {
        try await inWorld { world in
            let wait = "select v from gate"
            // Holds the first step where it is.
            let holder = try await PostgresConnection.connect(world.postgres.configuration(database: world.database))
            try await holder.execute("select pg_advisory_lock(7)")
            let phases = Self.phases(
                Self.sql("first", "select pg_advisory_lock(7)"),
                Self.sql("second", wait, #", expect: "open""#, ", retries: 20"))
            try await world.apply(world.plan(phases: phases, token: "t"))
            try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
            try await world.kubectl("patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Paused"}}"#)
            try await world.wait("rr/plan-t", ".status.state", is: "Paused")
            #expect(try await world.field("rr/plan-t", ".status.steps[*].state") == "Running Pending")
            await holder.close()
            try await world.wait("rr/plan-t", ".status.steps[*].state", is: "Succeeded Pending")
            try await world.wait("rp/plan", ".status.state", is: "Paused")
            try await world.kubectl("patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Running"}}"#)
            // Retries: the gate opens after the first attempt has failed.
            try await world.wait("rr/plan-t", ".status.steps[1].state", is: "Waiting")
            try await world.waitForWarning(
                "RecoveryRun/plan-t", ["only/second", #"the query gave "closed", expected was "open""#])
            try await world.sql("update gate set v = 'open'")
            try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
            #expect(try await world.field("rr/plan-t", ".status.steps[1].attempts") == "2")
        }
    }

    @Test(
        "A step with onFailure: Pause waits for a person, who mends and goes on; Continue is passed over; a deadline ends it"
    )
    func failures() async throws {
        try await inWorld { world in
            let phases = Self.phases(
                Self.sql("optional", "select 1 from nowhere", "", ", onFailure: Continue"),
                Self.sql("slow", "select pg_sleep(600)", "", ", deadline: 2s, onFailure: Continue"),
                Self.sql("gate", "select v from gate", #", expect: "open""#, ", onFailure: Pause"))
            try await world.apply(world.plan(phases: phases, token: "t"))
            try await world.wait("rr/plan-t", ".status.state", is: "Paused")
            let why = try await world.field("rr/plan-t", ".status.message")
            #expect(why.contains("gate") && why.contains("spec.desiredState"), "\(why)")
            let slow = try await world.field("rr/plan-t", ".status.steps[1].message")
            #expect(slow.contains("deadline of 2s passed"), "\(slow)")
            try await world.sql("update gate set v = 'open'")
            try await world.kubectl("patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Paused"}}"#)
            try await world.wait("rr/plan-t", ".status.steps[2].state", is: "Waiting")
            try await world.kubectl("patch", "rr/plan-t", "--type=merge", "-p", #"{"spec":{"desiredState":"Running"}}"#)
            try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
            let message = try await world.field("rr/plan-t", ".status.message")
            #expect(message.contains("optional, slow"), "\(message)")
        }
    }

    @Test("A recovery whose cluster is lost in its middle is taken over with --resume, and does nothing twice")
    func resume() async throws {
        try await World.with(rows: 20) { world in
            try await Standalone.run(world) { _ in try await world.prepareWithBackup() }
            let before = try await world.contents()
            try await world.damage()
            // The gate is no part of the database that is restored.
            let phases = """
                [{name: database, steps: [{name: restore, restorePostgreSQL: {policy: db, verify: Rows}}]}, \
                {name: rest, steps: [\(Self.sql("slow", "select pg_sleep(1)"))]}]
                """
            let plan = world.plan(phases: phases, token: "t")
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done:2"]) { process in
                try await world.apply(plan)
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try FileManager.default.removeItem(at: world.state)
            try await Standalone.run(world) { _ in
                try await world.prepare()
                try await world.apply(world.policy(more: ""), plan)
                try await world.wait("rp/plan", ".status.state", is: "AlreadyExecuted")
                let message = try await world.field("rp/plan", ".status.message")
                #expect(message.contains("dr recover plan --token t --resume"), "\(message)")
                // A new token is not refused, but this one is what the person wants: the command from the message.
                let said = try await world.dr("recover", "plan", "--token", "t", "--resume")
                #expect(said.contains("Succeeded"), "\(said)")
                try await world.wait("rp/plan", ".status.state", is: "Succeeded")
                await #expect(throws: (any Error).self) {
                    try await world.dr("recover", "plan", "--token", "t", "--resume")
                }
            }
            #expect(try await world.contents() == before)
            #expect(try await world.databases().count == 2, "restored once")
            let entry = try world.text("ledger/\(World.namespace)/plan/t.json")
            #expect(entry.contains("\"Succeeded\"") && entry.contains("resumedFrom"), "\(entry)")
        }
    }

    @Test("A run that is not lost cannot be taken over")
    func resumeOfLiving() async throws {
        try await inWorld { world in
            try await world.apply(world.plan(phases: Self.phases(Self.sql("long", "select pg_sleep(600)")), token: "t"))
            try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
            await #expect(throws: (any Error).self) {
                try await world.dr("recover", "plan", "--token", "t", "--resume")
            }
            #expect(try await world.field("rr/plan-t", ".status.state") == "Running")
            let name = try await world.field("rr", ".items[?(@.spec.resume==true)].metadata.name")
            #expect(try await world.field("rr/\(name)", ".status.message").contains("not lost"))
            try await world.dr("abort", "plan-t")
            try await world.wait("rr/plan-t", ".status.state", is: "Aborted")
        }
    }

    @Test("A write that nobody knows the end of waits for a person")
    func unknownWrite() async throws {
        try await World.with(rows: 5) { world in
            try await Standalone.run(world) { _ in try await world.prepareWithBackup() }
            let phases = Self.phases(Self.sql("once", "insert into customers values (-1, 'once')", ", write: true"))
            let ended = try await Standalone.run(world, environment: ["DR_KILL_AT": "step-done"]) { process in
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await process.end(world)
            }
            #expect(ended == .signalled(SIGKILL))
            try await Standalone.run(world) { _ in
                try await world.wait("rr/plan-t", ".status.state", is: "Paused")
                try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Unknown")
                try await world.waitForWarning("RecoveryRun/plan-t", ["nobody knows whether it happened"])
                #expect(try await world.values("select count(*) from customers where id = -1") == ["1"])
                try await world.dr("abort", "plan-t")
                try await world.wait("rr/plan-t", ".status.state", is: "Aborted")
            }
        }
    }

    @Test("Deleting what is in use blocks nothing and loses no data")
    func deletions() async throws {
        try await inWorld { world in
            try await world.apply(world.plan(phases: Self.phases(Self.sql("long", "select pg_sleep(600)")), token: "t"))
            try await world.wait("rr/plan-t", ".status.steps[0].state", is: "Running")
            // The plan first: its run is a copy and goes on.
            try await world.kubectl("delete", "rp/plan", "--timeout=30s")
            #expect(try await world.field("rr/plan-t", ".status.state") == "Running")
            try await world.kubectl("delete", "rr/plan-t", "--timeout=30s")
            try await world.eventually("its statement is cancelled") {
                try await world.values(
                    "select 1 from pg_stat_activity where query like 'select pg_sleep(600)%' and datname = current_database()"
                ).isEmpty ? nil : "runs"
            }
            // A backup that waits for a lock of ours, while all that it is made of goes.
            try await world.apply(world.policy(more: "trigger: a"))
            try await world.wait("bk", ".items[*].status.phase", is: "Complete")
            let files = try world.files("")
            try await world.kubectl("delete", "bp/db", "bst/primary", "--timeout=30s")
            try await world.kubectl("delete", "bk", "--all", "--timeout=30s")
            #expect(try world.files("") == files)
            try await world.kubectl("delete", "namespace", World.namespace, "--timeout=60s")
            #expect(try world.files("") == files)
        }
    }
}
