import PostgreSQLClient
import PostgresTestServer
import Testing

@testable import PostgreSQLProtection

@Suite("The indexes of the largest table")
struct LargeIndexTests {
    private static func entry(_ id: Int, _ kind: String, _ definition: String, section: Int = 4) -> ArchiveEntry {
        var entry = ArchiveEntry()
        (entry.id, entry.kind, entry.section, entry.definition, entry.tablespace) = (
            id, kind, section, definition, "fast"
        )
        return entry
    }

    private static func key(_ text: String) -> ArchiveEntry {
        entry(1, "CONSTRAINT", "ALTER TABLE ONLY s.t\n    ADD CONSTRAINT \(text);\n")
    }

    @Test("a key becomes a unique index and the constraint that takes it over")
    func key() throws {
        let index = try #require(
            LargeIndex(
                Self.entry(
                    7, "CONSTRAINT",
                    "ALTER TABLE ONLY \"a \"\"b\".\"T\"\n    ADD CONSTRAINT \"k;\" PRIMARY KEY (id, \"x, y\");\n")))
        #expect((index.entry, index.schema, index.table, index.tablespace) == (7, "a \"b", "T", "fast"))
        #expect(
            index.statement
                == "CREATE UNIQUE INDEX \"k;\" ON \"a \"\"b\".\"T\" USING btree (\"id\", \"x, y\")")
        #expect(
            index.constraint
                == "ALTER TABLE ONLY \"a \"\"b\".\"T\" ADD CONSTRAINT \"k;\" PRIMARY KEY USING INDEX \"k;\"")
        #expect(LargeIndex(Self.key("u UNIQUE (a)"))?.constraint?.hasSuffix("UNIQUE USING INDEX \"u\"") == true)
    }

    @Test(
        "a key with anything more to it is left to pg_restore",
        arguments: [
            "k PRIMARY KEY (a) INCLUDE (b)", "k PRIMARY KEY (a) DEFERRABLE", "k UNIQUE NULLS NOT DISTINCT (a)",
            "k UNIQUE (a) WITH (fillfactor='70')", "k CHECK ((a > 0))", "k EXCLUDE USING gist (a WITH &&)",
            "k PRIMARY KEY (a);\n\nALTER TABLE s.t CLUSTER ON k", "k PRIMARY KEY (a, b WITHOUT OVERLAPS)",
            "k PRIMARY KEY (a);\nALTER TABLE ONLY s.t REPLICA IDENTITY USING INDEX k",
        ])
    func specialKeys(_ text: String) { #expect(LargeIndex(Self.key(text)) == nil) }

    @Test(
        "an index is made by its own statement, if it is one on one table",
        arguments: [
            ("CREATE INDEX i ON s.t USING btree (a, b);\n", ["a", "b"]),
            ("CREATE UNIQUE INDEX \"I\" ON s.\"T t\" USING btree (\"a b\" DESC, c) WHERE (c > 1);\n", ["a b", "c"]),
            ("CREATE INDEX i ON s.t USING btree (a text_pattern_ops);\n", [nil]),
            ("CREATE INDEX i ON s.t USING btree (a, lower(b));\n", ["a", nil]),
            ("CREATE INDEX i ON s.t USING btree (lower(b), a) INCLUDE (c);\n", [nil]),
            ("CREATE INDEX i ON ONLY s.t USING btree (a);\n", nil), ("CREATE INDEX i ON s.t USING gin (a);\n", nil),
            ("CREATE INDEX i ON t USING btree (a);\n", nil),
            ("CREATE INDEX i ON s.t USING btree (a);\n\nALTER TABLE s.t CLUSTER ON i;\n", nil),
        ] as [(String, [String?]?)])
    func indexes(_ definition: String, _ columns: [String?]?) {
        let index = LargeIndex(Self.entry(1, "INDEX", definition))
        #expect(index?.columns == columns)
        #expect(index?.constraint == nil)
        if let index { #expect(index.statement + ";\n" == definition) }
    }

    @Test("text takes longer than numbers, and an expression may be anything")
    func cost() {
        func cost(_ columns: String) -> Int? {
            LargeIndex(Self.entry(1, "INDEX", "CREATE INDEX i ON s.t USING btree (\(columns));\n"))?.cost(text: ["name"]
            )
        }
        #expect(cost("id") == 3)
        #expect(cost("id, other") == 4)
        #expect(cost("name") == 6)
        #expect(cost("lower(name)") == 6)
        #expect(cost("name, name") == 10)
    }

    @Test("only a table with more than half of all bytes has its indexes made apart, and not a partitioned one")
    func plan() {
        let entries = [
            Self.entry(1, "TABLE DATA", "", section: 3), Self.key("k PRIMARY KEY (a)"),
            Self.entry(2, "COMMENT", "", section: 1), Self.entry(3, "INDEX", "CREATE INDEX i ON s.t USING btree (a);"),
            Self.entry(4, "INDEX", "CREATE INDEX i ON s.u USING btree (a);"), Self.entry(5, "COMMENT", "", section: 1),
            Self.entry(6, "CONSTRAINT", "ALTER TABLE ONLY s.t\n    ADD CONSTRAINT d UNIQUE (a) DEFERRABLE;"),
            Self.entry(7, "INDEX", "CREATE INDEX i ON s.t USING hash (a);"),
            Self.entry(8, "INDEX", "CREATE INDEX i ON s.t USING btree (a);\n\nALTER TABLE s.t CLUSTER ON i;"),
        ]
        func plan(_ bytes: Int64, partitioned: Bool = false) -> PostDataPlan {
            let tables = [
                Fingerprint.Table(schema: "s", name: "t", columns: [], bytes: bytes, includesPartitions: partitioned),
                Fingerprint.Table(schema: "s", name: "u", columns: [], bytes: 10),
            ]
            return PostDataPlan(entries: entries, fingerprint: Fingerprint(tables: tables))
        }
        #expect(plan(11).large.map(\.entry) == [1, 3])
        #expect(plan(11).keys == [])
        #expect(plan(11).indexes == [4, 5])
        #expect(plan(11).rest == [2, 6, 7])
        #expect(plan(11).single == [8])
        for plan in [plan(10), plan(11, partitioned: true)] {
            #expect(plan.large.isEmpty)
            #expect(plan.keys == [1, 2, 6])
            #expect(plan.single == [8])
            #expect(plan.indexes == [3, 4, 5])
        }
    }

    @Test("foreign keys that need nothing of it are checked beside its indexes")
    func foreignKeys() {
        func foreignKey(_ id: Int, _ table: String, _ dependencies: [Int]) -> ArchiveEntry {
            var entry = Self.entry(
                id, "FK CONSTRAINT",
                "ALTER TABLE ONLY s.\(table)\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES s.u(a);\n")
            entry.dependencies = dependencies
            return entry
        }
        let entries = [
            Self.key("k PRIMARY KEY (a)"),
            Self.entry(2, "CONSTRAINT", "ALTER TABLE ONLY s.u\n    ADD CONSTRAINT k PRIMARY KEY (a);\n"),
            Self.entry(3, "INDEX", "CREATE UNIQUE INDEX i ON s.u USING btree (b);\n\nALTER TABLE s.u CLUSTER ON i;\n"),
            foreignKey(4, "u", [100, 2]), Self.entry(5, "COMMENT", "", section: 1), foreignKey(6, "t", [100, 2]),
            foreignKey(7, "u", [2, 1]), foreignKey(8, "u", [3]), Self.entry(9, "COMMENT", "", section: 1),
        ]
        func plan(_ largest: String) -> PostDataPlan {
            let table = Fingerprint.Table(schema: "s", name: largest, columns: [], bytes: 100)
            return PostDataPlan(entries: entries, fingerprint: Fingerprint(tables: [table]))
        }
        #expect(plan("t").foreignKeys == [4, 5])
        #expect(plan("t").rest == [6, 7, 8, 9])
        #expect(plan("none").foreignKeys == [])
        #expect(plan("none").rest == [4, 5, 6, 7, 8, 9])
    }

    @Test("each build has at least one helper if there are two processors, and as much memory as two merges need")
    func pace() {
        func pace(_ count: Int, _ jobs: Int, gigabytes: Int64 = 0) -> [Int] {
            let pace = LargeIndexBuild.Pace(count: count, jobs: jobs, bytes: gigabytes * 1_000_000_000)
            return [pace.builds, pace.workers, pace.memory]
        }
        #expect(pace(3, 2) == [2, 1, 8])
        #expect(pace(1, 2) == [1, 1, 8])
        #expect(pace(3, 1) == [1, 0, 4])
        #expect(pace(3, 8) == [3, 2, 12])
        #expect(pace(2, 8) == [2, 3, 16])
        #expect(pace(1, 8) == [1, 7, 32])
        #expect(pace(0, 2) == [1, 0, 4])
        // 264 kB for each run: 39 MB merge 150 runs, so 22,500 runs of 39 MB (878 GB) take two merges.
        #expect(pace(2, 2, gigabytes: 878) == [2, 1, 78])
    }

    @Test(
        "are what they were, with all that hangs on them",
        arguments: zip(PostgresRestore.Verification.allCases, [nil, "parallel_workers = 3, fillfactor = 90"]))
    func restored(_ verification: PostgresRestore.Verification, options: String?) async throws {
        let sample = try await Sample.make(
            "largest \(verification)",
            """
            CREATE SCHEMA "S s";
            CREATE TABLE "S s"."T" (id bigint CONSTRAINT "the key" PRIMARY KEY, "a b" text UNIQUE, c int NOT NULL, d text,
              UNIQUE (c, d) DEFERRABLE, CONSTRAINT wide UNIQUE (c, id) INCLUDE (d));
            INSERT INTO "S s"."T" SELECT n, 'x' || n, n % 7, md5(n::text) FROM generate_series(1, 5000) n;
            CREATE INDEX ON "S s"."T" (lower(d), c DESC) WHERE c > 1;
            CREATE INDEX "by c" ON "S s"."T" (c) WITH (fillfactor = 50);
            CREATE INDEX ON "S s"."T" USING hash (d);
            CREATE UNIQUE INDEX identity ON "S s"."T" (c, id);
            ALTER TABLE "S s"."T" REPLICA IDENTITY USING INDEX identity;
            ALTER TABLE "S s"."T" CLUSTER ON "by c";
            \(options.map { "ALTER TABLE \"S s\".\"T\" SET (\($0));" } ?? "")
            COMMENT ON CONSTRAINT "the key" ON "S s"."T" IS 'on a key';
            COMMENT ON INDEX "S s"."by c" IS 'on an index';
            CREATE TABLE child (id int PRIMARY KEY, parent bigint REFERENCES "S s"."T", name text REFERENCES "S s"."T" ("a b"));
            INSERT INTO child VALUES (1, 2, 'x3');
            """)
        let before = try await sample.schema()
        #expect(before.filter { $0.contains(" INDEX ") || $0.contains(" CONSTRAINT ") }.count == 16)
        let backup = try await sample.backUp()
        _ = try await sample.sql("DROP TABLE child, \"S s\".\"T\"")
        let request = PostgresRestore.Request(
            server: sample.login, token: "large", artifact: "sha", verification: verification,
            fingerprint: backup.result.fingerprint)
        let bytes = backup.bytes
        _ = try await PostgresRestore.run(request) { Pieces(bytes: bytes) }
        let after = try await sample.schema()
        #expect(after == before, "\(after.difference(from: before))")
    }

    @Test("keep what is said of them, whatever else is made after the rows", arguments: [false, true])
    func comments(hasForeignKeys: Bool) async throws {
        let sample = try await Sample.make(
            "commented \(hasForeignKeys)",
            """
            CREATE TABLE t (id int CONSTRAINT k PRIMARY KEY, a int);
            CREATE INDEX i ON t (a);
            INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n;
            COMMENT ON CONSTRAINT k ON t IS 'of the key';
            COMMENT ON INDEX i IS 'of the index';
            """
                + (hasForeignKeys
                    ? """
                    CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t, u int CONSTRAINT own REFERENCES u);
                    COMMENT ON CONSTRAINT own ON u IS 'of a foreign key';
                    """ : ""))
        let backup = try await sample.backUp()
        let schema = try await sample.schema()
        _ = try await sample.sql("DROP TABLE t CASCADE")
        let request = PostgresRestore.Request(
            server: sample.login, token: "said", artifact: "sha", fingerprint: backup.result.fingerprint)
        _ = try await PostgresRestore.run(request) { Pieces(bytes: backup.bytes) }
        #expect(try await sample.schema() == schema)
    }

    @Test("that cannot be made end the restore, and leave the database in use alone")
    func notUnique() async throws {
        let sample = try await Sample.make(
            "not unique",
            """
            CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
            CREATE TABLE t (id int PRIMARY KEY, a int);
            INSERT INTO t SELECT n, n FROM generate_series(1, 3000) n;
            CREATE UNIQUE INDEX ON t (twice(a));
            CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 / 2';
            """)
        let backup = try await sample.backUp()
        let request = PostgresRestore.Request(
            server: sample.login, token: "twice", artifact: "sha", fingerprint: backup.result.fingerprint)
        let bytes = backup.bytes
        await #expect(throws: PostgresProtectionError.self) {
            try await PostgresRestore.run(request) { Pieces(bytes: bytes) }
        }
        #expect(try await sample.sql("SELECT count(*) FROM t").first?[0] == "3000")
        #expect(try await PostgresRestore.state(token: "twice", server: sample.login) == .absent)
    }
}
