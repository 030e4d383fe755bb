import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import Synchronization

@testable import PostgreSQLProtection

/// Bytes that came, in order.
final class Collected: Sendable {
    private let state = Mutex<[UInt8]>([])
    func append(_ piece: [UInt8]) { state.withLock { $0 += piece } }
    var bytes: [UInt8] { state.withLock { $0 } }
}

/// An archive in memory, as a stream.
struct Pieces: AsyncSequence, Sendable {
    var bytes: [UInt8]
    var size = 100_000

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<UInt8>
        var size: Int
        mutating func next() async throws -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes[...], size: size) }
}

struct Sample: Sendable {
    var server: TemporaryPostgres
    var login: PostgresConfiguration

    /// A new database with `script` run in it.
    static func make(_ name: String, _ script: String) async throws -> Sample {
        let server = try await TemporaryPostgres.shared()
        return Sample(server: server, login: try await server.createDatabase(name, script: script))
    }

    func sql(_ text: String) async throws -> PostgresResult {
        let connection = try await PostgresConnection.connect(login)
        let result = try await connection.execute(text)
        await connection.close()
        return result
    }

    /// Everything but the rows, as `pg_dump` writes it: the measure of whether a restore brought all of it back.
    func schema() async throws -> [String] {
        let command = Command(
            "pg_dump", ["--schema-only", "--no-password", "--dbname=\(try ToolConnection(login).connectionString)"],
            environment: try ToolConnection(login).environment)
        let text = String(decoding: try await runChild(command), as: UTF8.self)
        // Newer ones guard their scripts with a random word.
        return text.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict")
        }
    }

    func backUp() async throws -> (bytes: [UInt8], result: PostgresBackup.Result) {
        let collected = Collected()
        let result = try await PostgresBackup.run(login) { collected.append($0) }
        return (collected.bytes, result)
    }

    func databases() async throws -> [String] {
        let connection = try await PostgresConnection.connect(server.configuration())
        let names = try await connection.query("SELECT datname FROM pg_database ORDER BY 1").rows.compactMap { $0[0] }
        await connection.close()
        return names
    }

    func maintain(_ text: String) async throws {
        let connection = try await PostgresConnection.connect(server.configuration())
        try await connection.execute(text)
        await connection.close()
    }

    /// Everything that has ever been difficult to dump.
    static let everything = #"""
        CREATE EXTENSION hstore; CREATE EXTENSION citext;
        CREATE SCHEMA "a""b; drop"; CREATE SCHEMA "Üñï";
        CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'a"b');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE TYPE pair AS (a int, b text);
        CREATE TABLE types (id int PRIMARY KEY, t text, b bytea, n numeric, f float8, r real, ts timestamptz, d date,
          i interval, j json, jb jsonb, u uuid, ia int[], ta text[], h hstore, c citext, m mood, p positive, pr pair,
          x xml, ip inet, rg int4range, mn money, bt bit(5), v varbit, ch char(7), o oid, g point, mr int4multirange);
        INSERT INTO types VALUES
          (1, E'tab\t newline\n return\r backslash\\ quote'' \\. \\N ü日', '\x00ff0a5c', 1e-20, 0.1, 1.1,
           '2026-11-23 12:00:00.123456+05:30', '0044-03-15 BC', '-1 day 2 hours 3.5 seconds', '{"a": [1, null]}',
           '{"b": "x\ny"}', gen_random_uuid(), '{1,NULL,3}', '{"a,b","NULL",NULL,"\\\"q"}', 'k=>"v w", n=>NULL', 'CiText',
           'it''s ok', 5, '(1,"x ""y""")', '<a>b</a>', '10.0.0.1/8', '[1,5)', '12.34', B'10101', B'1', 'pad', 4294967295,
           '(1.5,-2)', '{[1,2],[5,6]}'),
          (2, '', '', 'NaN', 'Infinity', '-0', 'infinity', 'infinity', '1 year', 'null', '[]', NULL, '{}', '{}', '',
           '', 'sad', NULL, NULL, NULL, '::1', 'empty', '-1', B'00000', B'', '', 0, NULL, '{}'),
          (3, '\.', '\x5c2e', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE "a""b; drop"."t""; --" ("c""1; $(x)" int GENERATED ALWAYS AS IDENTITY, "Ünï col" text,
          "gen" int GENERATED ALWAYS AS (length("Ünï col")) STORED, "select" int DEFAULT 7);
        INSERT INTO "a""b; drop"."t""; --" ("Ünï col") SELECT repeat('x', n) FROM generate_series(1, 50) n;
        CREATE TABLE "Üñï"."empty" (a int, b text);
        CREATE TABLE nothing ();
        INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
        CREATE UNLOGGED TABLE unlogged AS SELECT n FROM generate_series(1, 1000) n;
        CREATE TABLE part (k int, v text) PARTITION BY RANGE (k);
        CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (500);
        CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (500) TO (1000);
        CREATE TABLE part_rest PARTITION OF part DEFAULT PARTITION BY HASH (k);
        CREATE TABLE part_rest_0 PARTITION OF part_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE part_rest_1 PARTITION OF part_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO part SELECT n, 'v' || n FROM generate_series(0, 1999) n;
        CREATE TABLE byenum (m mood, k int) PARTITION BY HASH (m);
        CREATE TABLE byenum_0 PARTITION OF byenum FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE byenum_1 PARTITION OF byenum FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO byenum SELECT (array['sad', 'it''s ok', 'a"b'])[1 + n % 3]::mood, n FROM generate_series(1, 90) n;
        CREATE TABLE parent (id serial, name text);
        CREATE TABLE child (extra int) INHERITS (parent);
        INSERT INTO parent (name) VALUES ('p1'), ('p2'); INSERT INTO child (name, extra) VALUES ('c1', 1);
        CREATE TABLE hen (id int PRIMARY KEY, egg int); CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen);
        INSERT INTO hen VALUES (1, 1); INSERT INTO egg VALUES (1, 1);
        ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
        CREATE TABLE wide (id int, t text, b bytea);
        INSERT INTO wide SELECT n, repeat('wide' || n, 1250000 / n), decode(repeat('5c0a', 500000), 'hex') FROM generate_series(1, 3) n;
        CREATE TABLE many (id bigint PRIMARY KEY, t text);
        INSERT INTO many SELECT n, md5(n::text) FROM generate_series(1, 60000) n;
        CREATE INDEX many_t ON many (t); COMMENT ON INDEX many_t IS 'on an index';
        CREATE INDEX ON types USING gin (jb); ALTER TABLE many ADD EXCLUDE USING hash (t WITH =);
        CREATE TABLE keyed (k int PRIMARY KEY, v text UNIQUE) ; CREATE INDEX ON part (k); ALTER TABLE part ADD UNIQUE (k, v);
        CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS n, sum(id) AS s FROM many;
        CREATE VIEW happy AS SELECT * FROM types WHERE m <> 'sad';
        CREATE SEQUENCE untouched START 100; CREATE SEQUENCE "Seq ""q""" MAXVALUE 9223372036854775807;
        SELECT setval('"Seq ""q"""', 9223372036854775806);
        CREATE SEQUENCE falling INCREMENT -1; SELECT nextval('falling');
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trigger ran'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON many FOR EACH ROW EXECUTE FUNCTION stamp();
        ALTER TABLE egg ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON egg USING (id = 1);
        SELECT lo_from_bytea(0, decode(repeat('00ff', 100000), 'hex')); SELECT lo_create(0);
        SELECT lo_from_bytea(3000000000, 'high');
        CREATE RULE quiet AS ON DELETE TO egg DO INSTEAD NOTHING; CREATE STATISTICS both_of ON id, t FROM wide;
        CREATE PUBLICATION published FOR TABLE wide;
        COMMENT ON TABLE many IS 'it''s "commented"'; COMMENT ON COLUMN many.t IS 'on a column';
        COMMENT ON CONSTRAINT many_pkey ON many IS 'on a key'; COMMENT ON CONSTRAINT egg_hen_fkey ON egg IS 'on a foreign key';
        COMMENT ON CONSTRAINT keyed_v_key ON keyed IS 'on a unique key'; COMMENT ON TRIGGER refuse ON many IS 'on a trigger';
        COMMENT ON CONSTRAINT many_t_excl ON many IS 'on an exclusion'; COMMENT ON INDEX types_jb_idx IS 'on another index';
        COMMENT ON POLICY own ON egg IS 'on a policy'; COMMENT ON RULE quiet ON egg IS 'on a rule';
        COMMENT ON STATISTICS both_of IS 'on statistics'; COMMENT ON PUBLICATION published IS 'on a publication';
        COMMENT ON MATERIALIZED VIEW sums IS 'on a materialized view'; COMMENT ON LARGE OBJECT 3000000000 IS 'on a large object';
        """#
}
