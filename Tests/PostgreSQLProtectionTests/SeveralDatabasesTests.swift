import BackupArchive
import Foundation
import PostgreSQLClient
@testable import PostgreSQLProtection
import PostgresTestServer
import Testing

@Suite("Several databases")
struct SeveralDatabasesTests {
    @Test(
        "are chosen by patterns",
        arguments: [
            (["app_*", "!app_tmp"], ["app_1", "app_x"]),
            (["*"], ["App_1", "app_1", "app_tmp", "app_x", "a\"b; drop", "ü"]),
            (["app_?"], ["app_1", "app_x"]), (["?"], ["ü"]), (["*\"*"], ["a\"b; drop"]), (["!app_1"], []), ([], []),
            (["app"], []),
            (["*_*_*"], []), (["*app_*1*"], ["app_1"]), (["[a-z]*"], []),
            (["app_1", "app_*", "!*1", "!zzz"], ["app_tmp", "app_x"]),
        ])
    func patterns(patterns: [String], expected: [String]) {
        #expect(
            DatabasePatterns(patterns).select(["App_1", "app_1", "app_tmp", "app_x", "a\"b; drop", "ü"]) == expected)
    }

    @Test("a pattern with many stars is decided at once")
    func hostilePattern() {
        #expect(!DatabasePatterns.matches(String(repeating: "a", count: 63), String(repeating: "*a", count: 60) + "b"))
    }

    @Test("are backed up one by one, whatever their names, and all proven; a damage names its database")
    func backup() async throws {
        try await Vault.with { vault in
            let server = try await TemporaryPostgres.shared()
            let scripts = [
                "many a\"b; drop": "CREATE EXTENSION hstore; CREATE TABLE t (h hstore); INSERT INTO t VALUES ('a=>1')",
                "many $(x) ../ü": "SELECT lo_from_bytea(0, decode(repeat('00ff', 100000), 'hex'))",
                "many large":
                    "CREATE TABLE t AS SELECT n, repeat(md5(n::text), 4) AS m FROM generate_series(1, 100000) n",
                "many temporary": "CREATE TABLE t AS SELECT 1",
            ]
            for (name, script) in scripts { _ = try await server.createDatabase(name, script: script) }
            let closed = try await PostgresConnection.connect(server.configuration())
            try await closed.execute("CREATE DATABASE \"many closed\"")
            try await closed.execute("ALTER DATABASE \"many closed\" ALLOW_CONNECTIONS false")
            try await closed.execute("CREATE DATABASE \"many templates\"")
            try await closed.execute("ALTER DATABASE \"many templates\" IS_TEMPLATE true")
            await closed.close()
            let manifest = try await vault.backUp(server.configuration(), patterns: ["many *", "!*temporary"])
            let inventory = try DumpInventory(manifest)
            #expect(inventory.databases.map(\.name) == ["many $(x) ../ü", "many a\"b; drop", "many large"])
            #expect(
                manifest.artifacts.map(\.name)
                    == ["database-001.dump", "database-002.dump", "database-003.dump", "globals.json", "globals.sql"])
            #expect(manifest.record.counts["databases"] == 3)
            let check = PostgresProof.Check(sql: "SELECT count(*) FROM t", expect: "100000", database: "many large")
            let report = try await vault.verify(manifest, PostgresProof(checks: [check]))
            #expect(
                report.checks.map(\.name)
                    == [
                        "roles", "restore", "rows", "indexes", "restore", "rows", "indexes", "restore", "rows",
                        "indexes", "sql",
                    ])
            #expect(
                report.checks[2].message.hasPrefix(
                    "many $(x) ../ü: all 0 rows of 0 tables, 0 sequences and 1 large objects"))

            let unnamed = await #expect(throws: PostgresProtectionError.self) {
                try await vault.verify(manifest, PostgresProof(checks: [.init(sql: "SELECT 1")]))
            }
            #expect(unnamed?.field == "verification.checks[0].database")

            var wrong = inventory
            wrong.databases[2].fingerprint.tables[0].rows += 1
            var stale = manifest
            stale.record.fingerprint = try wrong.json
            let failure = await #expect(throws: VerificationFailure.self) {
                try await vault.verify(stale, PostgresProof(target: server.configuration()))
            }
            #expect(failure?.check == "rows")
            #expect(failure?.message.contains("many large: ") == true)
            #expect(failure?.message.contains("public.t: 100000 rows instead of 100001") == true)
        }
    }

    @Test("that none matches is an error, not an empty backup")
    func none() async throws {
        try await Vault.with { vault in
            let server = try await TemporaryPostgres.shared()
            let error = await #expect(throws: PostgresProtectionError.self) {
                try await vault.backUp(server.configuration(), patterns: ["template*", "no such *"])
            }
            #expect(error?.field == "databases")
            #expect(error?.code == .unknownDatabase)
        }
    }
}
