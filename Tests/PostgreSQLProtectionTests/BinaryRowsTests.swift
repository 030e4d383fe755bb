import Foundation
import PostgreSQLClient
import Testing

@testable import PostgreSQLProtection

/// Rows that are loaded in binary are what the server itself makes of their text: held to the server's own `COPY … (FORMAT
/// binary)` of the same rows.
@Suite("Binary rows")
struct BinaryRowsTests {
    /// A type, and queries whose one column has many values of it.
    static let types: [(type: String, values: String)] = [
        ("bool", "SELECT n % 3 = 0 FROM generate_series(1, 10) n"),
        ("int2", "SELECT n::int2 FROM generate_series(-32768, 32767, 13) n UNION ALL SELECT 32767"),
        (
            "int4",
            "SELECT (n * 7919)::int4 FROM generate_series(-271172, 271172, 17) n UNION ALL VALUES (-2147483648), (2147483647)"
        ),
        (
            "int8",
            """
            SELECT (random() * 1e18)::int8 * (CASE WHEN n % 2 = 0 THEN -1 ELSE 1 END) FROM generate_series(1, 2000) n
            UNION ALL VALUES (-9223372036854775808), (9223372036854775807), (0), (-1), (1000000000000000000)
            """
        ),
        (
            "oid",
            "SELECT (n * 1000003 % 4294967296)::oid FROM generate_series(0::int8, 5000) n UNION ALL SELECT 4294967295"
        ),
        (
            "float8",
            """
            SELECT (random() - 0.5) * 10 ^ (n % 600 - 300) FROM generate_series(1, 5000) n
            UNION ALL VALUES (0::float8), ('-0'), (0.1), (5e-324), (1.7976931348623157e308), (2.2250738585072014e-308), (1e22), (9007199254740993)
            """
        ),
        (
            "float4",
            """
            SELECT ((random() - 0.5) * 10 ^ (n % 70 - 35))::float4 FROM generate_series(1, 5000) n
            UNION ALL VALUES ('-0'::float4), (1.1), (1e-45), (3.4028235e38), (16777217)
            """
        ),
        (
            "numeric",
            """
            SELECT ((random() - 0.5) * 10 ^ (n % 40))::numeric(60, 20) FROM generate_series(1, 3000) n
            UNION ALL SELECT ((random() - 0.5) * 10 ^ (n % 20 - 15))::numeric FROM generate_series(1, 3000) n
            UNION ALL VALUES (0::numeric), (0.0), (0.00000), (-0.5), (1e-20), (10000), (100000000), (0.0001), (-12345678901234567890.5),
              (10 ^ 300::numeric), (1.10), (99999999.99990000)
            """
        ),
        (
            "text",
            #"SELECT chr(1 + n % 1000) || E'\t\n\r\b\f\v\\' || repeat('x', n % 50) || '\N' FROM generate_series(1, 3000) n UNION ALL VALUES (''), ('\.'), ('\N')"#
        ),
        ("varchar(20)", "SELECT 'é' || n FROM generate_series(1, 100) n"),
        ("char(7)", "SELECT n::text FROM generate_series(1, 100) n"),
        ("json", #"SELECT '{"a": "x\ny", "b":  [1, null]}'::json FROM generate_series(1, 10)"#),
        (
            "jsonb",
            #"SELECT jsonb_build_object('n', n, 'text', E'\n\t"\\' || chr(1 + n), 'list', jsonb_build_array(1.50, null)) FROM generate_series(1, 2000) n"#
        ),
        ("bytea", "SELECT decode(repeat(lpad(to_hex(n), 2, '0'), n % 40), 'hex') FROM generate_series(0, 255) n"),
        ("uuid", "SELECT md5(n::text)::uuid FROM generate_series(1, 2000) n"),
        (
            "date",
            "SELECT date '0001-01-01' + n FROM generate_series(0, 3652058, 97) n UNION ALL VALUES (date '9999-12-31'), ('2000-02-29'), ('1900-02-28')"
        ),
        (
            "time",
            "SELECT time '00:00' + n * interval '1.000007 seconds' FROM generate_series(0, 86000, 13) n UNION ALL SELECT '23:59:59.999999'"
        ),
        (
            "timestamp",
            """
            SELECT timestamp '0001-01-01' + n * interval '1 day 1.000001 seconds' FROM generate_series(0, 3600000, 977) n
            UNION ALL VALUES (timestamp '1999-12-31 23:59:59.999999'), ('2000-01-01'), ('9999-12-31 23:59:59.999999')
            """
        ),
        (
            "timestamptz",
            """
            SELECT timestamptz '0001-01-01 00:00+00' + n * interval '1 day 1.00001 seconds' FROM generate_series(0, 3600000, 977) n
            UNION ALL VALUES (timestamptz '2026-11-23 12:00:00.1+05:30'), ('1970-01-01 00:00+00')
            """
        ),
        (
            "inet",
            "SELECT ('10.' || n % 256 || '.0.' || n * 7 % 256 || '/' || 1 + n % 32)::inet FROM generate_series(1, 500) n"
        ),
        ("feeling", "SELECT (array['sad', 'it''s ok', E'a\\tb'])[1 + n % 3]::feeling FROM generate_series(1, 9) n"),
        ("positive", "SELECT n::positive FROM generate_series(1, 9) n"),
    ]

    @Test("are byte for byte what the server makes of the same text", arguments: types)
    func same(type: String, values: String) async throws {
        let sample = try await Sample.make(
            "binary_\(name(type))",
            "CREATE TYPE feeling AS ENUM ('sad', 'it''s ok', E'a\\tb'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); "
                + "CREATE TABLE t (before int, v \(type), after text); "
                + "INSERT INTO t SELECT 7, v, E'a\\\\b' FROM (\(values)) x (v); INSERT INTO t VALUES (NULL, NULL, NULL)"
        )
        let connection = try await PostgresConnection.connect(
            sample.login.with(database: sample.login.database, settings: SessionSettings.reading))
        let made = try await BinaryRowEncoder(
            statement: "COPY public.t (before, v, after) FROM stdin;\n", on: connection)
        let encoder = try #require(made)
        let text = try await connection.copyOut("COPY public.t (before, v, after) TO STDOUT")
        let binary = try await connection.copyOut("COPY public.t (before, v, after) TO STDOUT (FORMAT binary)")
        await connection.close()
        let encoded = try #require(encoder.encode(text))
        #expect(BinaryRowEncoder.header + encoded + BinaryRowEncoder.trailer == binary)
    }

    private func name(_ type: String) -> String { String(type.filter { $0.isLetter || $0.isNumber }) }

    /// Text that is not of the one form that is known: the rows go as text.
    @Test(
        "are not made of text that has another form",
        arguments: [
            (BinaryColumn.int32, "2147483648"), (.int32, ""), (.int32, "-"), (.int32, "1 "), (.int32, "+1"),
            (.oid, "-1"),
            (.int64, "9223372036854775808"), (.int64, "-9223372036854775809"), (.int64, "99999999999999999999"),
            (.bool, "true"), (.numeric, "NaN"), (.numeric, "1."), (.numeric, ".5"), (.numeric, "Infinity"),
            (.numeric, "1e5"),
            (.float64, "NaN"), (.float64, "Infinity"), (.float64, "0x10"), (.float64, ""), (.float64, "1e999"),
            (.date, "0044-03-15 BC"), (.date, "10000-01-01"), (.date, "infinity"), (.date, "2026-02-29"),
            (.date, "0000-01-01"),
            (.time, "24:00:00"), (.time, "1:2"), (.timestamp, "2026-11-23 12:00:00 BC"), (.timestamp, "infinity"),
            (.timestamp, "2026-11-23T12:00:00"), (.timestamp, "2026-11-23 12:00:00.1234567"),
            (.timestamp, "2026-11-23 12:00:60"),
            (.timestampWithZone, "2026-11-23 12:00:00+01"), (.timestampWithZone, "2026-11-23 12:00:00+00:30"),
            (.timestampWithZone, "-infinity"), (.uuid, "88e2a698-5e61-4ee4-be19-fb608a814fg3"),
            (.uuid, "88e2a6985e614ee4be19fb608a814fd3"),
            (.uuid, "88E2A698-5E61-4EE4-BE19-FB608A814FD3"), (.bytea, #"\\x0"#), (.bytea, #"\\000"#), (.bytea, ""),
            (.inet, "::1"), (.inet, "1.2.3"), (.inet, "1.2.3.4.5"), (.inet, "1.2.3.256"), (.inet, "01.2.3.4"),
            (.inet, "1.2.3.4/33"),
            (.inet, "1.2.3.4/"), (.text, #"a\"#), (.text, #"\x41"#), (.text, #"\101"#),
        ] as [(BinaryColumn, String)])
    func other(column: BinaryColumn, text: String) {
        #expect(encoder(column).encode(Array("\(text)\n".utf8)) == nil)
    }

    @Test("have as many fields as there are columns, and end")
    func shape() {
        let two = BinaryRowEncoder(columns: [.text, .text], statement: "")
        #expect(two.encode(Array("a\tb\n".utf8)) != nil)
        for text in ["a\n", "a\tb\tc\n", "a\tb", ""] { #expect(two.encode(Array(text.utf8)) == nil) }
    }

    @Test("are not made for types that are unknown here, and for rows without columns")
    func unknown() async throws {
        let sample = try await Sample.make(
            "binary_unknown", "CREATE TABLE a (i interval); CREATE TABLE b (l int[]); CREATE TABLE c ()")
        let connection = try await PostgresConnection.connect(sample.login)
        for statement in [
            "COPY public.a (i) FROM stdin;", "COPY public.b (l) FROM stdin;", "COPY public.c  FROM stdin;",
        ] {
            #expect(try await BinaryRowEncoder(statement: statement, on: connection) == nil)
        }
        await connection.close()
    }

    /// Pieces are of about a megabyte: of these some go in binary and some, with a value that is unknown, as text.
    @Test("are mixed with pieces that go as text, and every row comes back")
    func mixed() async throws {
        let sample = try await Sample.make(
            "binary_mixed",
            """
            CREATE TABLE t (id int PRIMARY KEY, at timestamptz, note text);
            INSERT INTO t SELECT n, CASE WHEN n % 20000 = 0 THEN timestamptz 'infinity' ELSE timestamptz '2026-01-01 00:00+00' + n * interval '1 second' END,
              repeat(md5(n::text), 4) FROM generate_series(1, 60000) n;
            CREATE TABLE u AS SELECT n, n % 2 = 0 AS even FROM generate_series(1, 5000) n
            """)
        let backup = try await sample.backUp()
        let text = try await PostgresConnection.connect(sample.login)
        let rows = try await text.copyOut("COPY public.t TO STDOUT")
        await text.close()
        #expect(rows.count > 6 << 20, "several pieces, and more than there are values that are unknown")
        let report = try await PostgresRestore.run(
            PostgresRestore.Request(
                server: sample.login, token: "mixed", artifact: "sha", verification: .rows,
                fingerprint: backup.result.fingerprint)
        ) { Pieces(bytes: backup.bytes) }
        #expect(report.rows == 65000)
        #expect(try await sample.sql("SELECT count(*) FROM t WHERE at = 'infinity'").rows[0][0] == "3")
    }

    private func encoder(_ column: BinaryColumn) -> BinaryRowEncoder {
        BinaryRowEncoder(columns: [column], statement: "")
    }
}
