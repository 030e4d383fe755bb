import Foundation
import PostgresTestServer
import Processes
import Testing

/// A disk that is full in the middle, on either side: told as such, nothing half-done, and it works once there is room.
@Suite struct FullDiskTests {
    @Test(
        "A store that is full in the middle of a backup is told, leaves no half of one, and the backup goes on with room"
    )
    func store() async throws {
        try await World.with(rows: 5) { world in
            // Random bytes stay as large as they are.
            try await world.sql(
                """
                create table large (id int primary key, data bytea not null);
                insert into large select i, decode(string_agg(md5(random()::text), ''), 'hex')
                    from generate_series(1, 48) i, generate_series(1, 32768) group by i
                """)
            // 16 MiB a file, as a disk that ends there; the operator's own files are smaller.
            try await Standalone.run(world, limit: "trap '' XFSZ; ulimit -f 16384") { _ in
                try await world.prepare()
                try await world.apply(world.policy())
                try await world.eventually("the attempt failed for want of room") {
                    let error = try await world.field("bk", ".items[0].status.error")
                    return error.contains("spec.filesystem.path is full") ? nil : error
                }
                let name = try await world.field("bk", ".items[0].metadata.name")
                try await world.waitForWarning("Backup/\(name)", ["spec.filesystem.path is full"])
                try await world.waitForComplaint("bk/\(name)", ["spec.filesystem.path is full"])
                try await world.waitForComplaint(
                    "bp/db", reason: "BackupFailed", [name, "spec.filesystem.path is full"])
                #expect(try world.files("catalog") == [])
                #expect(try world.files("data") == [])
            }
            try await Standalone.run(world) { _ in
                try await world.wait("bk", ".items[*].status.phase", is: "Complete")
                #expect(try world.files("catalog").count == 1)
                #expect(
                    try world.files("data").count == 3,
                    "the dump and the roles in two forms: what the failed attempts wrote is gone")
            }
        }
    }

    @Test(
        "A database server that is full in the middle of a restore is told, and keeps the database in use as it is",
        .enabled(if: geteuid() == 0))
    func server() async throws {
        let server = try await TemporaryPostgres.start()
        defer { server.stop() }
        let disk = "\(server.folder)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        do { try await runChild(Command("mount", ["-t", "tmpfs", "-o", "size=36m", "tmpfs", disk])) } catch {
            return  // A container that may not mount anything.
        }
        let result: Result<Void, any Error>
        do { result = .success(try await restoreOnto(disk, server)) } catch { result = .failure(error) }
        server.stop()
        try await runChild(Command("umount", ["-l", disk]))
        try result.get()
    }

    /// The disk has room for the database, and not for a second one.
    private func restoreOnto(_ disk: String, _ server: TemporaryPostgres) async throws {
        try await runChild(Command("chown", ["postgres:", disk]))
        try await World.with(on: server, rows: 60_000) { world in
            try await world.sql("create tablespace disk location '\(disk)'", in: "postgres")
            try await world.sql("alter database \(world.database) set tablespace disk", in: "postgres")
            // This test's own sorts have room elsewhere.
            try await world.sql("alter database \(world.database) set temp_tablespaces = pg_default", in: "postgres")
            try await Standalone.run(world) { _ in
                try await world.prepareWithBackup()
                let before = try await world.contents()
                try await world.apply(world.plan(phases: World.restoreOnly, token: "t"))
                try await world.wait("rp/plan", ".status.state", is: "Failed")
                try await world.waitForComplaint("rr/plan-t", reason: "Failed", ["disk space on the database server"])
                try await world.waitForWarning("RecoveryRun/plan-t", ["disk space on the database server"])
                #expect(try await world.contents() == before)
                #expect(try await world.databases() == [world.database], "nothing half-restored is left")
            }
        }
    }
}
