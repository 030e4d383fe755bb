import Foundation
import PostgreSQLClient
import Testing

@testable import PostgreSQLProtection

@Suite("Names, markers and states of a restore")
struct DecisionTests {
    static func marker(
        _ phase: RestoreMarker.Phase, token: String = "t", target: String = "db", earlier: [String] = []
    ) -> RestoreMarker {
        RestoreMarker(
            token: token, artifact: "sha", target: target, phase: phase, at: Date(timeIntervalSince1970: 1_800_000_000),
            comment: "people's [words]", earlier: earlier)
    }

    static func database(_ name: String, _ marker: RestoreMarker?) -> Landscape.Database {
        Landscape.Database(name: name, comment: marker?.text)
    }

    static let states: [(String, [Landscape.Database], PostgresRestore.State)] = [
        ("nothing is there", [], .absent),
        ("the damaged original only", [database("db", nil)], .absent),
        ("killed while loading", [database("db", nil), database("s", marker(.restoring))], .restoring(database: "s")),
        ("killed before the swap", [database("db", nil), database("s", marker(.verified))], .verified(database: "s")),
        (
            "done", [database("db", marker(.done)), database("d", marker(.kept))], .done(database: "db", kept: "d")
        ),
        ("done, the damaged one dropped", [database("db", marker(.done))], .done(database: "db", kept: nil)),
        ("done, and lost again", [database("d", marker(.kept))], .done(database: "db", kept: "d")),
        (
            "done, and restored again since", [database("db", marker(.done, token: "later", earlier: ["t"]))],
            .done(database: "db", kept: nil)
        ),
        ("another token's", [database("db", nil), database("s", marker(.verified, token: "u"))], .absent),
        ("another database's", [database("db", nil), database("s", marker(.verified, target: "other"))], .absent),
    ]

    @Test("the state is what the databases' comments say", arguments: states)
    func state(name: String, databases: [Landscape.Database], expected: PostgresRestore.State) {
        #expect(Landscape(token: "t", target: "db", databases: databases).state == expected)
    }

    @Test("a marker is read back from its comment", arguments: ["t", "a\"b", "]}", "ü"])
    func marker(token: String) {
        for phase in [RestoreMarker.Phase.restoring, .verified, .done, .kept] {
            let marker = Self.marker(phase, token: token)
            #expect(RestoreMarker(comment: marker.text) == marker)
        }
        #expect(RestoreMarker(comment: "just [dr words]") == nil)
        #expect(RestoreMarker(comment: "") == nil)
    }

    @Test("names of databases fit, and differ for different tokens and targets")
    func names() {
        let long = String(repeating: "é", count: 31)
        var seen: Set<String> = []
        for target in ["db", "a\"b; drop", long, long + "x"] {
            for token in ["t1", "t2", "", "inc 1", String(repeating: "k", count: 200)] {
                let names = RestoreNames(target: target, token: token)
                for name in [names.scratch, names.damaged] {
                    #expect(name.utf8.count <= 63)
                    #expect(seen.insert(name).inserted)
                    #expect(name.hasPrefix(String(target.prefix(2))))
                }
            }
        }
        #expect(RestoreNames(target: "db", token: "inc-1").damaged == "db_damaged_inc-1")
    }

    @Test(
        "a statement about a database is turned to another one, texts and other names untouched",
        arguments: [
            ("CREATE DATABASE foo WITH TEMPLATE = template0;", "CREATE DATABASE \"n\"\"w\" WITH TEMPLATE = template0;"),
            (
                "ALTER DATABASE \"a\"\"b; DATABASE x\" SET a TO 'it''s DATABASE y';",
                "ALTER DATABASE \"n\"\"w\" SET a TO 'it''s DATABASE y';"
            ),
            (
                "ALTER ROLE \"DATABASE\" IN DATABASE foo SET b TO E'\\'DATABASE z';",
                "ALTER ROLE \"DATABASE\" IN DATABASE \"n\"\"w\" SET b TO E'\\'DATABASE z';"
            ),
            ("GRANT CONNECT ON DATABASE foo TO database;", "GRANT CONNECT ON DATABASE \"n\"\"w\" TO database;"),
            ("", ""),
        ])
    func renaming(sql: String, expected: String) {
        #expect(SQLText.renamingDatabase(sql, to: "n\"w") == expected)
    }

    @Test("the roles that privileges name are found")
    func grantees() {
        let sql = #"""
            REVOKE ALL ON TABLE public."TO x" FROM PUBLIC;
            GRANT SELECT ON TABLE public.t TO "ro ""1""" WITH GRANT OPTION;
            SET SESSION AUTHORIZATION admin; GRANT ALL ON TABLE t TO bob; ALTER DEFAULT PRIVILEGES FOR ROLE ann GRANT SELECT ON TABLES TO "PUBLIC";
            """#
        #expect(SQLText.grantees(sql) == ["ro \"1\"", "bob", "ann", "PUBLIC"])
    }

    @Test("a list of names is taken apart")
    func nameList() {
        #expect(SQLText.nameList("\"$user\", public, \"A \"\"b\"") == ["$user", "public", "A \"b"])
        #expect(SQLText.nameList("") == [])
        #expect(SQLText.nameList("a;drop, B") == ["a;drop", "b"])
    }

    @Test("a table is read in parts that cover it all")
    func ranges() {
        #expect(ReadingPlan.ranges(pages: 0).isEmpty)
        let ranges = ReadingPlan.ranges(pages: 10_000)
        #expect(ranges.map(\.from) == [0, 4096, 8192])
        #expect(ranges.map(\.to) == [4096, 8192, nil])
    }

    @Test("comments stay with the index they are on, and keys and plain indexes come first")
    func postData() {
        func entry(_ id: Int, _ kind: String, _ section: Int, _ definition: String = "") -> ArchiveEntry {
            var entry = ArchiveEntry()
            (entry.id, entry.kind, entry.section, entry.definition) = (id, kind, section, definition)
            return entry
        }
        let entries = [
            entry(1, "TABLE", 2), entry(2, "COMMENT", 1), entry(3, "TABLE DATA", 3),
            entry(4, "INDEX", 4, "CREATE INDEX i ON t USING btree (a);"), entry(5, "COMMENT", 1),
            entry(6, "INDEX", 4, "CREATE INDEX i ON t USING gin (a);"), entry(7, "COMMENT", 1),
            entry(8, "CONSTRAINT", 4, "ALTER TABLE ONLY t ADD CONSTRAINT k PRIMARY KEY (a);"),
            entry(9, "FK CONSTRAINT", 4), entry(10, "TRIGGER", 4),
        ]
        let plan = PostDataPlan(entries: entries, fingerprint: Fingerprint())
        #expect(plan.keys == [8])
        #expect(plan.indexes == [4, 5])
        #expect(plan.rest == [6, 7, 9, 10])
        #expect(plan.large.isEmpty)
    }

    @Test("what is said of an object belongs to the object's section, and is left out with it")
    func sections() {
        let kinds: [(Int, String, Int)] = [
            (1, "TABLE", 2), (2, "COMMENT", 1), (3, "TABLE DATA", 3), (4, "BLOB METADATA", 3), (5, "ACL", 1),
            (6, "COMMENT", 1),
            (7, "POLICY", 4), (8, "COMMENT", 1), (9, "INDEX", 4), (10, "COMMENT", 1),
        ]
        let entries = kinds.map { id, kind, section in
            var entry = ArchiveEntry()
            (entry.id, entry.kind, entry.section) = (id, kind, section)
            return entry
        }
        #expect(entries.entries(in: .preData).map(\.id) == [1, 2])
        #expect(entries.entries(in: .data).map(\.id) == [3, 4, 5, 6])
        #expect(entries.entries(in: .postData).map(\.id) == [7, 8, 9, 10])
        #expect(entries.leavingOut { $0.kind == "POLICY" }.map(\.id) == [1, 2, 3, 4, 5, 6, 9, 10])
    }
}
