import PostgreSQLClient
import PostgresTestServer
import Testing

@testable import PostgreSQLProtection

@Suite("A database that replicates")
struct ReplicationTests {
    /// Subscribes to a publisher that is not there.
    private static func make(_ name: String) async throws -> Sample {
        try await Sample.make(
            name,
            """
            CREATE TABLE t AS SELECT n FROM generate_series(1, 100) n;
            CREATE SUBSCRIPTION "s ""1" CONNECTION 'host=127.0.0.1 port=1 connect_timeout=2' PUBLICATION p WITH (connect = false, slot_name = 's_1');
            ALTER SUBSCRIPTION "s ""1" ENABLE;
            """)
    }

    private static func subscriptions(_ sample: Sample) async throws -> [[String?]] {
        try await sample.sql(
            """
            SELECT datname, subname, subenabled, subslotname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
            WHERE datname LIKE '\(sample.login.database)%' ORDER BY 1
            """
        ).rows.map { row in (0..<4).map { row[$0] } }
    }

    private static func request(
        _ sample: Sample, _ fingerprint: Fingerprint, _ strategy: PostgresRestore.Strategy = .swap
    ) -> PostgresRestore.Request {
        PostgresRestore.Request(
            server: sample.login, token: "k", artifact: "sha", strategy: strategy, verification: .rows,
            fingerprint: fingerprint)
    }

    @Test("is restored with its subscription switched off, and so is that of the damaged one, which is kept")
    func swap() async throws {
        let sample = try await Self.make("subscriber")
        let backup = try await sample.backUp()
        _ = try await sample.sql("SELECT pg_create_logical_replication_slot('for_others', 'pgoutput')")
        let report = try await PostgresRestore.run(Self.request(sample, backup.result.fingerprint)) {
            Pieces(bytes: backup.bytes)
        }
        let kept = try #require(report.keptDatabase)
        #expect(
            try await Self.subscriptions(sample)
                == [["subscriber", "s \"1", "f", "s_1"], [kept, "s \"1", "f", "s_1"]])
        #expect(
            report.notes == [
                "subscriptions that are switched off: \"s \"1\"; enable them once their publishers are as they should be",
                "replication slots of the damaged database make the server keep its log: \"for_others\"; drop them once their subscribers have new ones",
            ])
        #expect(try await Self.allowsConnections(kept, sample) == "f")
        // Again, it tells the same.
        let again = try await PostgresRestore.run(Self.request(sample, backup.result.fingerprint)) { Pieces(bytes: []) }
        #expect(again.notes == report.notes)
    }

    @Test("is replaced although a database with subscriptions cannot be dropped; the publisher's slot is left alone")
    func replace() async throws {
        let sample = try await Self.make("supplanted subscriber")
        let backup = try await sample.backUp()
        let request = Self.request(sample, backup.result.fingerprint, .replace)
        _ = try await sample.sql("SELECT pg_create_logical_replication_slot('gone', 'pgoutput')")
        let report = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        #expect(report.keptDatabase == nil)
        #expect(
            try await sample.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'gone'").first?[0] == "0")
        #expect(
            try await Self.subscriptions(sample) == [["supplanted subscriber", "s \"1", "f", "s_1"]])
        #expect(
            try await sample.databases().filter { $0.hasPrefix("supplanted subscriber") } == ["supplanted subscriber"])
    }

    @Test("leaves nothing of a restore that failed when its subscription was there already")
    func failed() async throws {
        let sample = try await Self.make("failing subscriber")
        let backup = try await sample.backUp()
        var wrong = backup.result.fingerprint
        wrong.tables[0].rows += 1
        let request = Self.request(sample, wrong)
        let error = await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        }
        #expect(error?.code == .verificationFailed)
        #expect(try await sample.databases().filter { $0.hasPrefix("failing subscriber") } == ["failing subscriber"])
        #expect(try await Self.subscriptions(sample) == [["failing subscriber", "s \"1", "t", "s_1"]])
        _ = try await PostgresRestore.run(Self.request(sample, backup.result.fingerprint)) {
            Pieces(bytes: backup.bytes)
        }
    }

    @Test("shows no statement of what failed: a subscription's has a password")
    func secret() async throws {
        // The name is no name of a slot: pg_restore cannot make it.
        let sample = try await Sample.make(
            "secret subscriber",
            "CREATE SUBSCRIPTION \"S 1\" CONNECTION 'host=h password=canary-77' PUBLICATION p WITH (connect = false)")
        let backup = try await sample.backUp()
        let request = Self.request(sample, backup.result.fingerprint)
        let error = await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        }
        let text = "\(error as Any)"
        #expect(text.contains("slot name"))
        #expect(!text.contains("canary-77"))
    }

    @Test(
        "statements are cut out of what a tool says",
        arguments: [
            ("pg_restore: error: x\nDETAIL: y\nCommand was: CREATE a\nb 'canary'\n", "pg_restore: error: x\nDETAIL: y"),
            (
                "pg_restore: error: x\nLINE 1: canary\n   ^\npg_restore: warning: z",
                "pg_restore: error: x\npg_restore: warning: z"
            ),
            ("sh: not found", "sh: not found"),
            (String(repeating: "canary\n", count: 1000) + "pg_restore: warning: z", "pg_restore: warning: z"),
        ])
    func statements(message: String, expected: String) {
        #expect(PostgresProtectionError.withoutStatements(message) == expected)
    }

    private static func allowsConnections(_ database: String, _ sample: Sample) async throws -> String? {
        try await sample.sql("SELECT datallowconn FROM pg_database WHERE datname = \(PostgresLiteral.quote(database))")
            .first?[0]
    }
}
