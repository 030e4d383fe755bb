import PostgreSQLClient
@testable import PostgreSQLProtection
import PostgresTestServer
import Testing

@Suite("Versions")
struct VersionTests {
    static func tool(_ major: Int, _ path: String = "") -> PostgresTool {
        PostgresTool(
            path: "\(path.isEmpty ? "/usr/lib/postgresql/\(major)/bin" : path)/pg_dump", version: "\(major).3",
            major: major)
    }

    @Test(
        "the nearest client that is not older than the server is chosen",
        arguments: [
            (13, [13, 14, 15, 16, 17, 18], 13), (14, [13, 15, 18], 15), (15, [18, 17, 16, 15], 15), (16, [17, 15], 17),
            (17, [18], 18), (18, [13, 18], 18), (18, [17, 13], nil), (13, [], nil),
        ] as [(Int, [Int], Int?)])
    func client(server: Int, installed: [Int], expected: Int?) throws {
        let tools = installed.map { Self.tool($0) }
        guard let expected else {
            let error = #expect(throws: PostgresProtectionError.self) {
                try PostgresTool.choose(tools, "pg_dump", atLeast: server)
            }
            #expect(error?.code == .toolsMissing)
            #expect(error?.mend == "install postgresql-client-\(server), or set PATH")
            return
        }
        #expect(try PostgresTool.choose(tools, "pg_dump", atLeast: server).major == expected)
    }

    @Test("of equal clients the one in a versioned folder is chosen")
    func equal() throws {
        let tools = [Self.tool(15), Self.tool(15, "/usr/bin")]
        #expect(try PostgresTool.choose(tools, "pg_dump", atLeast: 13).path == "/usr/lib/postgresql/15/bin/pg_dump")
    }

    @Test(
        "a backup is proven by the newest server that is not older than what made it",
        arguments: [
            (13, [13, 14, 18], 18), (15, [15], 15), (16, [15, 17, 16], 17), (18, [17, 15], nil), (13, [], nil),
        ] as [(Int, [Int], Int?)])
    func server(backup: Int, installed: [Int], expected: Int?) throws {
        let programs = installed.map {
            ServerPrograms(folder: "/usr/lib/postgresql/\($0)/bin", version: "\($0).3", major: $0)
        }
        guard let expected else {
            let error = #expect(throws: PostgresProtectionError.self) {
                try ServerPrograms.choose(programs, atLeast: backup)
            }
            #expect(error?.code == .toolsMissing)
            #expect(error?.mend?.contains("install postgresql-\(backup)") == true)
            return
        }
        #expect(try ServerPrograms.choose(programs, atLeast: backup).major == expected)
    }

    @Test(
        "are read from what programs print",
        arguments: [
            ("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 15), ("postgres (PostgreSQL) 18beta1", 18),
            ("13.22", 13), ("psql", nil),
        ] as [(String, Int?)])
    func text(text: String, major: Int?) {
        #expect(PostgresTool.version(in: text)?.major == major)
    }

    @Test("an extension that the server cannot have is named before anything is made")
    func extensions() async throws {
        let sample = try await Sample.make("extensions", "SELECT 1")
        let connection = try await PostgresConnection.connect(sample.login)
        let error = await #expect(throws: PostgresProtectionError.self) {
            try await ExtensionCheck.require(["plpgsql", "postgis no"], on: connection)
        }
        #expect(error?.code == .missingExtensions)
        #expect(error?.message.contains("\"postgis no\"") == true)
        #expect(error?.message.contains("plpgsql") == false)
        await connection.close()
    }

    @Test("what sets a new database is read from its statement")
    func databaseOptions() {
        let sql =
            "CREATE DATABASE \"a = 'b\" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'it''s' TABLESPACE = \"x y\";"
        let options = SQLText.databaseOptions(sql).map { "\($0.name)=\($0.value)" }
        #expect(
            options == ["TEMPLATE=template0", "ENCODING=UTF8", "LOCALE_PROVIDER=libc", "LOCALE=it's", "TABLESPACE=x y"])
    }
}
