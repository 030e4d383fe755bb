import BackupArchive
import Cryptography
import Foundation
import PostgreSQLClient
@testable import PostgreSQLProtection
import PostgresTestServer
import Processes
import Testing

@Suite("A verification")
struct VerificationTests {
    @Test("restores everything that is difficult into a scratch server, and proves it with the policy's checks")
    func everything() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make("verify \"it\"; $(x)/ü", Sample.everything)
            try await sample.maintain(
                "DROP ROLE IF EXISTS \"verify ow\"\"ner\", verify_reader; CREATE ROLE \"verify ow\"\"ner\"; CREATE ROLE verify_reader"
            )
            _ = try await sample.sql(
                """
                ALTER TABLE many OWNER TO "verify ow""ner"; GRANT SELECT ON wide TO verify_reader;
                CREATE POLICY mine ON egg FOR SELECT TO verify_reader, "verify ow""ner" USING (id = 2);
                ALTER ROLE verify_reader IN DATABASE "verify ""it""; $(x)/ü" SET search_path TO public, "a b";
                """)
            let manifest = try await vault.backUp(sample.login)
            let rows = manifest.record.counts["rows"] ?? 0
            let scratch = try vault.newFolder("scratch")
            let proof = PostgresProof(checks: [
                .init(sql: "SELECT count(*) FROM many", expect: "60000"), .init(sql: "SELECT 1 WHERE false"),
                .init(sql: "SELECT current_database()", expect: sample.login.database),
            ])
            let report = try await vault.verify(manifest, proof, scratch: scratch)
            #expect(report.checks.map(\.name) == ["roles", "restore", "rows", "indexes", "sql", "sql", "sql"])
            #expect(report.checks[2].message.hasPrefix("all \(rows) rows of "))
            #expect(report.checks[3].message == "pg_amcheck found every row in every B-tree index")
            #expect(report.checks[4].message == "SELECT count(*) FROM many: gave \"60000\", as expected")
            #expect(processes(with: scratch.path) == [])
        }
    }

    static let damages: [(String, String)] = [
        ("missing", "missing"), ("flipped", "corrupt"), ("wrong key", "wrongKey"), ("stale", "rows"),
        ("truncated", "truncated"),
    ]

    @Test("tells what is wrong with a damaged backup", arguments: damages)
    func damaged(damage: String, expected: String) async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make(
                "damaged \(damage)", "CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 20000) n")
            var manifest = try await vault.backUp(sample.login)
            var key: AgeIdentity?
            let file = vault.file(manifest)
            var bytes = try Data(contentsOf: file)
            switch damage {
            case "missing": try FileManager.default.removeItem(at: file)
            case "flipped":
                bytes[bytes.count * 2 / 3] ^= 1
                try bytes.write(to: file)
            case "truncated": try bytes.dropLast(1000).write(to: file)
            case "wrong key": key = try AgeIdentity.generate()
            default:
                // Whole, and of the right key, but of another moment than the manifest says.
                _ = try await sample.sql("UPDATE t SET m = 'x' WHERE n = 7")
                let later = try await vault.backUp(sample.login, "b2")
                manifest.artifacts[0].object = later.artifacts[0].object
            }
            let found: String
            do {
                _ = try await vault.verify(manifest, PostgresProof(target: sample.server.configuration()), key: key)
                found = "nothing"
            } catch let error as BackupArchive.ArchiveError {
                found = error.code.rawValue
            } catch let error as VerificationFailure {
                found = error.check
                #expect(error.message.contains("public.t: its 20000 rows are not the same"))
            }
            #expect(found == expected)
        }
    }

    @Test(
        "a check that gives something else, writes, is slow or is refused fails it",
        arguments: [
            ("SELECT count(*) FROM t", "9", "gave \"3\", expected was \"9\""), ("SELECT NULL", "9", "gave NULL"),
            ("SELECT 1 WHERE false", "9", "gave no row"), ("DELETE FROM t", "9", "read-only"),
            ("SET TRANSACTION READ WRITE", "9", "read-write mode"),
            ("SELECT 1; DELETE FROM t", "9", "multiple commands"),
            ("SELECT pg_sleep(60)", "9", "statement timeout"), ("SELECT * FROM nowhere", "9", "nowhere"),
        ])
    func checks(sql: String, expect: String, message: String) async throws {
        let sample = try await Sample.make(
            "check \(UUID().uuidString)", "CREATE TABLE t AS SELECT generate_series(1, 3)")
        let error = await #expect(throws: VerificationFailure.self) {
            try await PolicyCheck.run(.init(sql: sql, expect: expect), on: sample.login, timeout: .seconds(5))
        }
        #expect(error?.check == "sql")
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("an index that does not find its rows fails it")
    func indexes() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make(
                "broken index",
                """
                CREATE FUNCTION lies(int) RETURNS float LANGUAGE sql IMMUTABLE AS 'SELECT random()';
                CREATE TABLE t AS SELECT n FROM generate_series(1, 100) n; CREATE INDEX i ON t (lies(n));
                """)
            let manifest = try await vault.backUp(sample.login)
            let error = await #expect(throws: VerificationFailure.self) { try await vault.verify(manifest) }
            #expect(error?.check == "indexes")
            #expect(error?.message.contains("\"i\"") == true)
        }
    }

    @Test("a constraint that the rows do not keep fails it")
    func constraint() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make(
                "broken constraint",
                """
                CREATE TABLE k (id int PRIMARY KEY); CREATE TABLE t (id int REFERENCES k);
                SET session_replication_role = replica; INSERT INTO t VALUES (1);
                """)
            let manifest = try await vault.backUp(sample.login)
            let proof = PostgresProof(target: sample.server.configuration())
            let error = await #expect(throws: VerificationFailure.self) { try await vault.verify(manifest, proof) }
            #expect(error?.check == "restore")
            #expect(error?.message.contains("foreign key") == true)
        }
    }

    @Test("on a named server leaves out what needs its roles or speaks to others, with the comments on it")
    func leftOut() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make(
                "left out",
                """
                CREATE TABLE t AS SELECT generate_series(1, 100) AS id; CREATE TABLE u (id int PRIMARY KEY);
                CREATE POLICY own ON t USING (id = 1); COMMENT ON POLICY own ON t IS 'of a policy';
                CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false);
                COMMENT ON SUBSCRIPTION s IS 'of a subscription'; COMMENT ON CONSTRAINT u_pkey ON u IS 'of a key';
                """)
            let manifest = try await vault.backUp(sample.login)
            let report = try await vault.verify(manifest, PostgresProof(target: sample.server.configuration()))
            #expect(report.checks.map(\.name).contains("rows"))
            _ = try await sample.sql(
                "ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s")
        }
    }

    @Test("two at a time do not meet; a folder nobody else may enter and a long path are no hindrance")
    func parallel() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make("verified twice", "CREATE TABLE t AS SELECT generate_series(1, 100)")
            let manifest = try await vault.backUp(sample.login)
            let closed = try vault.newFolder("closed")
            let deep = closed.appending(path: "scratch")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            chmod(closed.path, 0o700)
            let long = try vault.newFolder(String(repeating: "long", count: 30))
            async let first = vault.verify(manifest, scratch: deep)
            async let second = vault.verify(manifest, scratch: long)
            #expect(try await first.checks.count == 4)
            #expect(try await second.checks.count == 4)
        }
    }

    @Test("without space for the scratch server says so", .enabled(if: getuid() == 0))
    func full() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make(
                "too large",
                "CREATE TABLE t AS SELECT n, repeat(md5(n::text), 30) AS m FROM generate_series(1, 100000) n")
            let manifest = try await vault.backUp(sample.login)
            let disk = try vault.newFolder("disk")
            do { try await runChild(Command("mount", ["-t", "tmpfs", "-o", "size=80m", "tmpfs", disk.path])) } catch {
                return
            }
            let scratch = disk.appending(path: "scratch")
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            let error = await #expect(throws: PostgresProtectionError.self) {
                try await vault.verify(manifest, scratch: scratch)
            }
            try await runChild(Command("umount", [disk.path]))
            #expect(error?.code == .diskFull)
            #expect(error?.field == "verification")
            #expect(error?.mend?.contains("DR_CACHE") == true)
        }
    }
}
