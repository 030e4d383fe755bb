import Foundation
import PostgreSQLClient
import PostgresTestServer
import Synchronization
import Testing

@Suite("A connection to PostgreSQL")
struct ConnectionTests {
    func connect(_ configure: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresConnection {
        var login = try await TemporaryPostgres.shared().configuration()
        configure(&login)
        return try await PostgresConnection.connect(login)
    }

    @Test("passes parameters as they are, and NULL")
    func parameters() async throws {
        let connection = try await connect()
        let result = try await connection.query(
            "SELECT $1::text AS a, $2::text AS b, $3::int + 1", ["'; drop", nil, "41"])
        #expect(result.columns == ["a", "b", "?column?"])
        #expect(result.first?["a"] == "'; drop")
        #expect(result.first?["b"] == nil)
        #expect(result.first?[2] == "42")
        #expect(result.commandTag == "SELECT 1")
    }

    @Test("tells everything about a refused row but the row")
    func constraint() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int CONSTRAINT positive CHECK (id > 0))")
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("INSERT INTO t VALUES (-1)")
        }
        #expect(error?.code == .constraintViolation)
        #expect(error?.sqlState == "23514")
        #expect(error?.constraint == "positive")
        #expect(error?.table == "t")
        #expect(error?.isRetriable == false)
        #expect(try await connection.query("SELECT 1").first?[0] == "1")
    }

    @Test("a wrong password, database or address is told apart, and no error has the password")
    func refusals() async throws {
        let cases: [(PostgresError.Code, (inout PostgresConfiguration) -> Void)] = [
            (.authenticationFailed, { $0.password = "canary-7f3a" }),
            (.authenticationFailed, { $0.password = nil }),
            (.unknownDatabase, { $0.database = "nowhere" }),
            (.unreachable, { $0.port = 1 }),
            (.unreachable, { $0.host = "no-such-host.invalid" }),
            (.unreachable, { $0.host = "/no/such/folder" }),
        ]
        for (code, configure) in cases {
            let error = await #expect(throws: PostgresError.self) { _ = try await connect(configure) }
            #expect(error?.code == code)
            #expect("\(error as Any)".contains("canary-7f3a") == false)
            #expect("\(error as Any)".contains("LOCATION") == false)
        }
    }

    @Test("a configuration never prints its password")
    func secrecy() {
        let login = PostgresConfiguration(host: "h", database: "d", user: "u", password: "canary-7f3a")
        var dumped = ""
        dump(login, to: &dumped)
        for text in [dumped, "\(login)", String(reflecting: login), "\([login])"] {
            #expect(!text.contains("canary-7f3a"))
        }
    }

    @Test("verifies the server's certificate, and refuses another authority's")
    func certificates() async throws {
        let server = try await TemporaryPostgres.shared()
        let connection = try await PostgresConnection.connect(server.configuration(sslMode: .verifyFull))
        let row = try await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").first
        #expect(row?[0] == "t")
        let other = try TemporaryPostgres.otherAuthority()
        var login = server.configuration(sslMode: .verifyFull)
        login.rootCertificates = other
        let error = await #expect(throws: PostgresError.self) { _ = try await PostgresConnection.connect(login) }
        #expect(error?.code == .tls)
        // Leads to this machine too: the same server under an address that its certificate does not have.
        login = server.configuration(sslMode: .verifyFull)
        login.host = "0.0.0.0"
        let misnamed = await #expect(throws: PostgresError.self) { _ = try await PostgresConnection.connect(login) }
        #expect(misnamed?.code == .tls, "\(String(describing: misnamed))")
        login.sslMode = .verifyCA
        await (try await PostgresConnection.connect(login)).close()
    }

    @Test("a cancelled statement ends on the server, and the connection goes on")
    func cancellation() async throws {
        let connection = try await connect()
        let watcher = try await connect()
        let process = await connection.backendProcess
        let task = Task { try await connection.query("SELECT pg_sleep(600)") }
        let running =
            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND state = 'active' AND wait_event = 'PgSleep'"
        while try await watcher.query(running, [String(process)]).first?[0] != "1" { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.query("SELECT 7").first?[0] == "7")
        #expect(await connection.backendProcess == process)
    }

    @Test("a call in a cancelled task is not made")
    func cancelledBefore() async throws {
        let connection = try await connect()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await connection.execute("SELECT 1")
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await connection.isUsable)
    }

    @Test("hands over notices")
    func notices() async throws {
        let seen = Mutex<[PostgresNotice]>([])
        let login = try await TemporaryPostgres.shared().configuration()
        let connection = try await PostgresConnection.connect(login) { notice in seen.withLock { $0.append(notice) } }
        try await connection.execute("DO $$ BEGIN RAISE NOTICE 'look'; END $$")
        #expect(seen.withLock { $0.map(\.message) } == ["look"])
    }

    @Test("a transaction whose body throws leaves nothing")
    func transaction() async throws {
        struct Stop: Error {}
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int)")
        await #expect(throws: Stop.self) {
            try await connection.transaction { connection in
                try await connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "0")
    }

    @Test("a session that the server ends is noticed")
    func lost() async throws {
        let connection = try await connect()
        let other = try await connect()
        try await other.query("SELECT pg_terminate_backend($1::int)", [String(await connection.backendProcess)])
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT pg_sleep(5)") }
        #expect(error?.code == .connectionLost)
        #expect(error?.isRetriable == true)
        #expect(await connection.isUsable == false)
    }

    @Test("a statement timeout ends a statement")
    func timeout() async throws {
        let connection = try await connect { $0.statementTimeout = .milliseconds(50) }
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT pg_sleep(600)") }
        #expect(error?.sqlState == "57014")
        #expect(try await connection.query("SELECT 1").first?[0] == "1")
    }
}
