import Foundation
import PostgreSQLClient
import PostgresTestServer
import Testing

@testable import PostgreSQLProtection

@Suite("A backup with tablespaces")
struct TablespaceTests {
    /// In the server's own folder, so that any account may make it.
    private static func make(_ name: String, _ sample: Sample) async throws {
        let connection = try await PostgresConnection.connect(sample.server.configuration())
        try await connection.execute("SET allow_in_place_tablespaces = on")
        try await connection.execute("CREATE TABLESPACE \(PostgresIdentifier.quote(name)) LOCATION ''")
        await connection.close()
    }

    @Test(
        "of its tables is refused before anything is made where the server lacks them, and restored without them",
        arguments: [false, true])
    func missing(isDatabase: Bool) async throws {
        let (name, space) = ("spaces \(isDatabase)", "fast \"\(isDatabase)")
        let quoted = PostgresIdentifier.quote(name)
        let sample = try await Sample.make(name, "CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 10) n")
        try await Self.make(space, sample)
        if isDatabase {
            try await sample.maintain("ALTER DATABASE \(quoted) SET TABLESPACE \(PostgresIdentifier.quote(space))")
        } else {
            _ = try await sample.sql(
                "ALTER TABLE t SET TABLESPACE \(PostgresIdentifier.quote(space)); CREATE INDEX i ON t (a) TABLESPACE \(PostgresIdentifier.quote(space))"
            )
        }
        let backup = try await sample.backUp()
        if isDatabase {
            try await sample.maintain("DROP DATABASE \(quoted)")
        } else {
            _ = try await sample.sql("DROP TABLE t")
        }
        try await sample.maintain("DROP TABLESPACE \(PostgresIdentifier.quote(space))")
        var request = PostgresRestore.Request(
            server: sample.login, token: "k", artifact: "sha", verification: .rows,
            fingerprint: backup.result.fingerprint)
        let before = try await sample.databases().filter { $0.hasPrefix(name) }
        let error = await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        }
        #expect(error?.code == .missingTablespaces && error?.field == "tablespaces", "\(String(describing: error))")
        #expect(error?.message.contains("\"\(space)\"") == true)
        #expect(try await sample.databases().filter { $0.hasPrefix(name) } == before)
        request.options.noTablespaces = true
        #expect(try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }.rows == 10)
    }

    @Test("has its table's rows, key and index in the same tablespaces after a restore, each in its own")
    func kept() async throws {
        let spaces = ["rows of t", "keys of t", "index \"of\" t"]
        let sample = try await Sample.make(
            "spread", "CREATE TABLE t AS SELECT n AS a, n AS b, n AS c FROM generate_series(1, 1000) n")
        for space in spaces { try await Self.make(space, sample) }
        let quoted = spaces.map(PostgresIdentifier.quote)
        _ = try await sample.sql(
            """
            ALTER TABLE t SET TABLESPACE \(quoted[0]);
            ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a) USING INDEX TABLESPACE \(quoted[1]);
            CREATE INDEX i ON t (b) TABLESPACE \(quoted[2]); CREATE INDEX plain ON t (c)
            """)
        let places = """
            SELECT c.relname, s.spcname FROM pg_class c LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
            WHERE c.relname IN ('t', 'k', 'i', 'plain') ORDER BY 1
            """
        let before = try await sample.sql(places).rows.map { [$0[0], $0[1]] }
        #expect(before == [["i", spaces[2]], ["k", spaces[1]], ["plain", nil], ["t", spaces[0]]])
        let backup = try await sample.backUp()
        _ = try await sample.sql("DROP TABLE t")
        let request = PostgresRestore.Request(
            server: sample.login, token: "k", artifact: "sha", verification: .rows,
            fingerprint: backup.result.fingerprint)
        _ = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        #expect(try await sample.sql(places).rows.map { [$0[0], $0[1]] } == before)
    }
}
