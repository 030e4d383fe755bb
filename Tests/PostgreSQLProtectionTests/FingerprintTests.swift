import Foundation
import PostgreSQLClient
import PostgreSQLProtection
import PostgresTestServer
import Testing

@Suite("A fingerprint")
struct FingerprintTests {
    @Test("taken from the dump's stream is the one of the live database")
    func streamAndLive() async throws {
        let sample = try await Sample.make("fingerprint live", Sample.everything)
        let result = try await sample.backUp().result
        let live = try await PostgresVerification.fingerprint(of: sample.login, like: result.fingerprint, jobs: 3)
        #expect(live == result.fingerprint)
        #expect(try live.digest == result.fingerprint.digest)
        #expect(result.fingerprint.tables.first { $0.name == "many" }?.rows == 60000)
        #expect(result.fingerprint.tables.first { $0.name == "nothing" }?.rows == 2)
        #expect(
            result.fingerprint.tables.first { $0.schema == "a\"b; drop" }?.columns == [
                "c\"1; $(x)", "Ünï col", "select",
            ])
        #expect(result.fingerprint.largeObjects.count == 3)
        #expect(
            result.fingerprint.sequences.contains {
                $0.name == "Seq \"q\"" && $0.lastValue == 9_223_372_036_854_775_806 && $0.isCalled
            })
        #expect(result.encoding == "UTF8")
        #expect(result.serverVersion.hasPrefix("\(try await sample.sql("SHOW server_version").first?[0] ?? "?")"))
        #expect(abs(result.recoveryPoint.timeIntervalSince(result.startedAt)) < 60)
        #expect(result.contents["TABLE DATA"] == result.fingerprint.tables.count + 1)
    }

    @Test("does not depend on the server's, the database's or the user's settings for text")
    func settings() async throws {
        let sample = try await Sample.make("fingerprint settings", Sample.everything)
        let before = try await sample.backUp().result.fingerprint
        let name = PostgresIdentifier.quote(sample.login.database)
        for setting in [
            "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'", "TimeZone = 'Asia/Tokyo'",
            "bytea_output = 'escape'", "extra_float_digits = -5", "default_transaction_read_only = on",
            "search_path = 'pg_catalog'",
        ] {
            try await sample.maintain("ALTER DATABASE \(name) SET \(setting)")
        }
        #expect(try await sample.backUp().result.fingerprint == before)
        #expect(try await PostgresVerification.fingerprint(of: sample.login, like: before) == before)
    }

    @Test(
        "differs after any single change",
        arguments: [
            "UPDATE t SET v = 'other' WHERE id = 500", "DELETE FROM t WHERE id = 1",
            "INSERT INTO t VALUES (1, 'v1', 'w')",
            "UPDATE t SET v = w, w = v WHERE id = 7", "UPDATE t SET v = NULL WHERE id = 3",
            "UPDATE t SET w = '' WHERE id = 3",
            "UPDATE t SET v = 'v6' WHERE id = 5; UPDATE t SET v = 'v5' WHERE id = 6", "TRUNCATE t",
            "SELECT nextval('s')", "SELECT setval('s', 1, false)", "DROP TABLE empty",
            "INSERT INTO empty VALUES (NULL)",
            "SELECT lo_put(777, 3, 'Z')", "SELECT lo_unlink(777)", "SELECT lo_create(778)",
        ])
    func changes(change: String) async throws {
        let script = """
            CREATE TABLE t (id int, v text, w text); CREATE TABLE empty (a int);
            INSERT INTO t SELECT n, 'v' || n, 'w' || n FROM generate_series(1, 1000) n;
            CREATE SEQUENCE s; SELECT nextval('s'); SELECT lo_from_bytea(777, 'content');
            """
        let sample = try await Sample.make("change \(UUID().uuidString)", script)
        let before = try await sample.backUp().result.fingerprint
        _ = try await sample.sql(change)
        let after = try await sample.backUp().result.fingerprint
        #expect(before != after)
        #expect(try before.digest != after.digest)
        let differences = try await PostgresVerification.differences(
            of: sample.login, from: before, verification: .rows)
        #expect(differences.count == 1 || change.contains("'s'") && differences.count >= 1)
    }

    @Test("of rows in another order is the same, and it survives JSON")
    func order() async throws {
        let sample = try await Sample.make(
            "fingerprint order", "CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n")
        let before = try await sample.backUp().result.fingerprint
        _ = try await sample.sql("CREATE INDEX i ON t ((n % 17)); CLUSTER t USING i; DROP INDEX i")
        let after = try await sample.backUp().result.fingerprint
        #expect(after == before)
        #expect(try JSONDecoder().decode(Fingerprint.self, from: before.canonicalJSON) == before)
    }
}
