import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import Testing

/// The database server crashes in the middle: the attempt fails, the next one succeeds, nothing is half-done.
@Suite struct DatabaseOutageTests {
    @Test("A backup whose server crashes is taken again")
    func backup() async throws {
        let server = try await TemporaryPostgres.start()
        defer { server.stop() }
        try await World.with(on: server, rows: 50) { world in
            try await Standalone.run(world) { _ in
                try await world.prepare()
                // Holds the dump where it is.
                let holder = try await PostgresConnection.connect(server.configuration(database: world.database))
                try await holder.execute("begin; lock table orders in access exclusive mode")
                try await world.apply(world.policy())
                try await world.eventually("the dump waits") {
                    try await world.values("select 1 from pg_locks where not granted", in: "postgres").isEmpty
                        ? "not yet" : nil
                }
                try await world.crash(server)
                await holder.close()
                try await world.wait("bk", ".items[*].status.phase", is: "Retrying")
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                #expect(try world.files("catalog").count == 1)
                #expect(try await world.field("bk", ".items[0].status.attempts") == "2")
            }
        }
    }

    @Test(
        "A restore whose server crashes goes on",
        arguments: ["restore-loading", "restore-indexes", "restore-verifying", "restore-swapping"])
    func restore(_ point: String) async throws {
        let server = try await TemporaryPostgres.start()
        defer { server.stop() }
        try await World.with(on: server, rows: 50) { world in
            try await Standalone.run(world) { _ in try await world.prepareWithBackup() }
            let before = try await world.contents()
            try await world.damage()
            try await Standalone.run(world, environment: ["DR_KILL_AT": point, "DR_KILL_SIGNAL": "STOP"]) { process in
                let phases = World.restoreOnly.replacing("{name: restore,", with: "{name: restore, retries: 3,")
                try await world.apply(world.plan(phases: phases, token: "t"))
                try await world.eventually("it stands still") { process.state == "T" ? nil : process.state }
                try await world.crash(server)
                process.signal(SIGCONT)
                try await world.wait("rr/plan-t", ".status.state", is: "Succeeded")
            }
            #expect(try await world.contents() == before)
            #expect(try await world.databases().count == 2, "the damaged one is kept, and nothing else")
        }
    }
}

extension World {
    /// As a power failure: at once, and up again.
    func crash(_ server: TemporaryPostgres) async throws {
        let arguments = [
            "-D", "\(server.folder)/data", "-m", "immediate", "-w", "-l", "\(server.folder)/log", "restart",
        ]
        let program = TemporaryPostgres.program("pg_ctl")
        try await runChild(
            geteuid() == 0
                ? Command("runuser", ["-u", "postgres", "--", program] + arguments, workingDirectory: server.folder)
                : Command(program, arguments, workingDirectory: server.folder))
    }
}
