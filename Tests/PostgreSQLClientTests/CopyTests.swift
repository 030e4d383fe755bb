import PostgreSQLClient
import PostgresTestServer
import Testing

@Suite("COPY")
struct CopyTests {
    func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(TemporaryPostgres.shared().configuration())
    }

    @Test("passes many megabytes both ways, in pieces that cut rows")
    func bothWays() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int, text text)")
        let line = String(repeating: "x", count: 90)
        let bytes = (0..<100_000).flatMap { Array("\($0)\t\(line)\n".utf8) }
        try await connection.startCopy("COPY t FROM STDIN")
        var rest = bytes[...]
        while !rest.isEmpty {
            try await connection.sendCopy(Array(rest.prefix(333_333)))
            rest = rest.dropFirst(333_333)
        }
        #expect(try await connection.finishCopy() == 100_000)
        let back = try await connection.copyOut("COPY t TO STDOUT")
        #expect(back == bytes)
    }

    @Test("with a bad row fails with the reason, and the connection goes on")
    func badRow() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int)")
        try await connection.startCopy("COPY t FROM STDIN")
        try await connection.sendCopy(Array("1\nsecret-row\n".utf8))
        let error = await #expect(throws: PostgresError.self) { try await connection.finishCopy() }
        #expect(error?.code == .invalidData)
        #expect(error?.where?.contains("secret-row") == false)
        #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "0")
    }

    @Test("given up stores nothing")
    func givenUp() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int)")
        try await connection.startCopy("COPY t FROM STDIN")
        try await connection.sendCopy(Array("1\n2\n".utf8))
        await connection.failCopy("enough")
        #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "0")
    }

    @Test("keeps other calls away while it is under way")
    func misuse() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (id int)")
        try await connection.startCopy("COPY t FROM STDIN")
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
        #expect(error?.code == .misuse)
        try await connection.sendCopy(Array("5\n".utf8))
        #expect(try await connection.finishCopy() == 1)
    }

    @Test("stopped by its reader ends on the server, and the connection goes on")
    func stopped() async throws {
        struct Enough: Error {}
        let connection = try await connect()
        await #expect(throws: Enough.self) {
            try await connection.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT", into: 0) { rows, _ in
                rows += 1
                if rows == 10 { throw Enough() }
            }
        }
        #expect(try await connection.query("SELECT 1").first?[0] == "1")
    }

    @Test(
        "that does not begin is told with the server's reason",
        arguments: [
            ("SELECT 1", PostgresError.Code.misuse, ""), ("COPY nowhere TO STDOUT", .undefinedObject, "42P01"),
            ("COPY nowhere FROM STDIN", .undefinedObject, "42P01"),
            ("COPY pg_class (nothing) TO STDOUT", .undefinedObject, "42703"),
            ("COPY", .syntax, "42601"), ("COPY (SELECT 1 / 0) TO STDOUT", .invalidData, "22012"),
        ])
    func notBegun(sql: String, code: PostgresError.Code, state: String) async throws {
        let connection = try await connect()
        for isRead in [true, false] {
            let error = await #expect(throws: PostgresError.self) {
                if isRead { _ = try await connection.copyOut(sql) } else { try await connection.startCopy(sql) }
            }
            // The division is only come to when rows are read.
            if !isRead, sql.contains("/ 0") { continue }
            #expect(error?.code == code && error?.sqlState == state, "\(String(describing: error))")
        }
        #expect(try await connection.query("SELECT 1").first?[0] == "1")
    }

    @Test("in the other direction is refused, and is over", arguments: [true, false])
    func otherDirection(isRead: Bool) async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t AS SELECT generate_series(1, 1000) AS a")
        let error = await #expect(throws: PostgresError.self) {
            if isRead {
                _ = try await connection.copyOut("COPY t FROM STDIN")
            } else {
                try await connection.startCopy("COPY t TO STDOUT")
            }
        }
        // Of one to the server, its own words: it was told that nothing comes.
        #expect(error?.code == (isRead ? .cancelled : .misuse), "\(String(describing: error))")
        #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "1000")
    }
}
