import Foundation
import PostgreSQLClient
import PostgresTestServer
import Testing

@testable import PostgreSQLProtection

/// The moment in which the proven database takes its place.
@Suite("The swap")
struct SwapTests {
    private static func request(
        _ login: PostgresConfiguration, _ strategy: PostgresRestore.Strategy = .swap, fingerprint: Fingerprint? = nil
    ) -> PostgresRestore.Request {
        PostgresRestore.Request(
            server: login, token: "k", artifact: "sha", strategy: strategy, verification: .rows,
            fingerprint: fingerprint)
    }

    private static func eventually(_ server: TemporaryPostgres, _ query: String) async throws {
        let connection = try await PostgresConnection.connect(server.configuration())
        while try await connection.query(query).first?[0] != "t" { try await Task.sleep(for: .milliseconds(20)) }
        await connection.close()
    }

    @Test("that is killed in its middle leaves the original open, and is done by the next run")
    func killed() async throws {
        var sample = try await Sample.make("swap killed", "CREATE TABLE t AS SELECT 1 AS a")
        let bytes = try await sample.backUp().bytes
        _ = try await sample.sql("DELETE FROM t")
        sample.login.applicationName = "swap killed"
        let login = sample.login
        // Somebody else changes the database: the renaming waits.
        let other = try await PostgresConnection.connect(sample.server.configuration())
        try await other.execute("BEGIN; COMMENT ON DATABASE \"swap killed\" IS 'ours'")
        let run = Task { try await PostgresRestore.run(Self.request(login)) { Pieces(bytes: bytes) } }
        let waiting = "FROM pg_stat_activity WHERE application_name = 'swap killed' AND wait_event_type = 'Lock'"
        try await Self.eventually(sample.server, "SELECT count(*) > 0 \(waiting)")
        // As the server sees the end of the process: all its sessions go.
        run.cancel()
        try await sample.maintain(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swap killed'")
        _ = await run.result
        try await other.execute("COMMIT")
        await other.close()
        #expect(
            try await sample.sql("SELECT datallowconn FROM pg_database WHERE datname = current_database()").first?[0]
                == "t")
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "0")
        let report = try await PostgresRestore.run(Self.request(login)) { Pieces(bytes: bytes) }
        #expect(!report.wasAlreadyDone)
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "1")
    }

    /// pg_stat_activity shows its workers with the database, and nobody but a superuser may end them.
    @Test("by a plain user goes on beside a vacuum that the server runs by itself")
    func vacuum() async throws {
        let server = try await TemporaryPostgres.start(settings: ["autovacuum_naptime": "1s"])
        defer { server.stop() }
        let superuser = server.configuration()
        let maintenance = try await PostgresConnection.connect(superuser)
        try await maintenance.execute("CREATE ROLE plain LOGIN CREATEDB PASSWORD 'p'")
        try await maintenance.execute("CREATE DATABASE vacuumed OWNER plain")
        await maintenance.close()
        var login = server.configuration(database: "vacuumed")
        login.user = "plain"
        login.password = "p"
        let sample = Sample(server: server, login: login)
        _ = try await sample.sql(
            "CREATE SCHEMA own; CREATE TABLE own.t AS SELECT n AS a FROM generate_series(1, 1000) n")
        let backup = try await sample.backUp()
        // Two pages a second: it is there until it is ended.
        _ = try await sample.sql(
            """
            CREATE TABLE own.slow (a text) WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
              autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_enabled = true);
            INSERT INTO own.slow SELECT repeat('x', 1000) FROM generate_series(1, 5000);
            DELETE FROM own.slow;
            """)
        try await Self.eventually(
            server,
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'vacuumed' AND backend_type = 'autovacuum worker'"
        )
        let report = try await PostgresRestore.run(Self.request(login, fingerprint: backup.result.fingerprint)) {
            Pieces(bytes: backup.bytes)
        }
        #expect(report.keptDatabase == "vacuumed_damaged_k")
        #expect(try await sample.sql("SELECT count(*) FROM own.t").first?[0] == "1000")
    }

    @Test("into an empty database keeps it where somebody wrote into it until then")
    func lastMoments() async throws {
        for isWritten in [true, false] {
            let name = "swap empty \(isWritten)"
            let sample = try await Sample.make(name, "")
            let damaged = RestoreNames(target: name, token: "k").damaged
            func mark(_ database: String, _ phase: RestoreMarker.Phase) async throws {
                let marker = RestoreMarker(
                    token: "k", artifact: "sha", target: name, phase: phase, at: Date(), comment: nil, earlier: [])
                try await sample.maintain(
                    "COMMENT ON DATABASE \(PostgresIdentifier.quote(database)) IS \(PostgresLiteral.quote(marker.text))"
                )
            }
            // As it is just after the renaming.
            _ = try await sample.server.createDatabase(
                damaged, script: isWritten ? "CREATE TABLE late AS SELECT 1 AS a" : "")
            try await mark(damaged, .kept)
            try await mark(name, .done)
            for _ in 1...2 {
                let report = try await PostgresRestore.run(
                    Self.request(sample.login, .intoEmpty), archive: ResumeTests.noArchive)
                #expect(report.keptDatabase == (isWritten ? damaged : nil))
                let left = try await sample.databases().filter { $0.hasPrefix(name) }
                #expect(left == (isWritten ? [name, damaged] : [name]))
            }
            guard isWritten else { continue }
            let connection = try await PostgresConnection.connect(sample.server.configuration())
            #expect(
                try await connection.query("SELECT datallowconn FROM pg_database WHERE datname = $1", [damaged]).first?[
                    0] == "f")
            await connection.close()
        }
    }

    @Test("is not ended by what the server gives its users to be idle")
    func idle() async throws {
        let sample = try await Sample.make("swap idle", "CREATE TABLE t AS SELECT 1 AS a")
        try await sample.maintain("CREATE ROLE \"swap idle\" SUPERUSER LOGIN PASSWORD 'p'")
        let connection = try await PostgresConnection.connect(sample.server.configuration())
        let knows = await connection.serverVersion >= 140_000
        await connection.close()
        guard knows else { return }
        try await sample.maintain("ALTER ROLE \"swap idle\" SET idle_session_timeout = '3s'")
        var login = sample.login
        login.user = "swap idle"
        login.password = "p"
        let bytes = try await sample.backUp().bytes
        // The archive comes later than any session may be idle.
        let report = try await PostgresRestore.run(Self.request(login)) {
            try await Task.sleep(for: .milliseconds(4500))
            return Pieces(bytes: bytes)
        }
        #expect(report.rows == 1)
    }
}
