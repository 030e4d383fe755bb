import PostgreSQLClient
import PostgresTestServer
import Testing

@Suite("Names and values in SQL")
struct QuotingTests {
    static let hostile = [
        "plain", "a\"b; drop", "$(x)", "x=y", "postgres://h/d", "with space", "UPPER", "ümläut 日本", "'; --",
        "back\\slash",
        "%s", "tab\there", "new\nline",
    ]

    @Test("a database of any name can be made and logged into", arguments: hostile)
    func databaseNames(name: String) async throws {
        let server = try await TemporaryPostgres.shared()
        let login = try await server.createDatabase("client \(name)")
        let connection = try await PostgresConnection.connect(login)
        let found = try await connection.query("SELECT current_database()").first?[0]
        #expect(found == "client \(name)")
    }

    @Test("a literal is read back as it was, whatever standard_conforming_strings says", arguments: hostile)
    func literals(value: String) async throws {
        let server = try await TemporaryPostgres.shared()
        let connection = try await PostgresConnection.connect(server.configuration())
        for setting in ["on", "off"] {
            try await connection.execute("SET standard_conforming_strings = \(setting)")
            let found = try await connection.query("SELECT \(PostgresLiteral.quote(value))").first?[0]
            #expect(found == value)
        }
    }

    @Test(
        "a long name is cut at a character, never within one",
        arguments: [("abc", 3, "abc"), ("abcd", 3, "abc"), ("aé", 2, "a"), ("日本", 5, "日"), ("", 3, "")])
    func truncation(name: String, length: Int, expected: String) {
        #expect(PostgresIdentifier.truncated(name, to: length) == expected)
    }

    @Test("a setting that only newer servers know is given to those alone")
    func newerSettings() async throws {
        let server = try await TemporaryPostgres.shared()
        var login = server.configuration()
        login.settings = ["idle_session_timeout": "90s", "transaction_timeout": "0", "work_mem": "9MB"]
        #expect(login.startupOptions == "-c work_mem=9MB")
        #expect(login.startupOptions(for: 130_000) == "-c work_mem=9MB")
        #expect(login.startupOptions(for: 140_000) == "-c idle_session_timeout=90s -c work_mem=9MB")
        #expect(login.startupOptions(for: 170_002).contains("transaction_timeout=0"))
        let connection = try await PostgresConnection.connect(login)
        #expect(try await connection.query("SHOW work_mem").first?[0] == "9MB")
        guard await connection.serverVersion >= 140_000 else { return }
        #expect(try await connection.query("SHOW idle_session_timeout").first?[0] == "90s")
    }

    @Test("options of the startup packet survive blanks and backslashes")
    func startupOptions() async throws {
        let server = try await TemporaryPostgres.shared()
        var login = server.configuration()
        login.settings = ["application_name": "a b\\c'd", "search_path": "\"x y\", public"]
        let connection = try await PostgresConnection.connect(login)
        #expect(try await connection.query("SHOW search_path").first?[0] == "\"x y\", public")
    }
}
