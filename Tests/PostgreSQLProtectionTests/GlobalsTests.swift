import BackupArchive
import Foundation
import PostgreSQLClient
@testable import PostgreSQLProtection
import PostgresTestServer
import Processes
import Testing

@Suite("Roles")
struct GlobalsTests {
    /// Whether a role can log in with a password.
    func canLogIn(_ server: TemporaryPostgres, _ user: String, _ password: String) async throws -> Bool {
        var login = server.configuration()
        (login.user, login.password) = (user, password)
        do { await (try await PostgresConnection.connect(login)).close() } catch let error as PostgresError
            where error.code == .authenticationFailed
        {
            return false
        }
        return true
    }

    @Test(
        "are backed up with their passwords and made on a bare server, by dr or by hand; those that are there stay as they are"
    )
    func createMissing() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make("with roles", "CREATE TABLE t AS SELECT 1 AS a")
            try await sample.maintain(
                #"""
                DROP ROLE IF EXISTS "g o""w; --", g_app, g_there, g_boss, g_long;
                CREATE ROLE "g o""w; --" NOINHERIT CREATEDB; CREATE ROLE g_app LOGIN PASSWORD 'canary-33''\' CONNECTION LIMIT 7;
                CREATE ROLE g_there LOGIN PASSWORD 'of the backup'; CREATE ROLE g_boss SUPERUSER LOGIN PASSWORD 'boss' VALID UNTIL '2099-01-01';
                GRANT "g o""w; --" TO g_app WITH ADMIN OPTION; GRANT pg_read_all_stats TO g_app; GRANT g_app TO g_there;
                ALTER ROLE g_app SET search_path TO "$user", "a b"; ALTER ROLE g_app SET work_mem = '64MB';
                """#)
            let manifest = try await vault.backUp(sample.login)
            #expect(manifest.artifacts.map(\.name) == ["database.dump", "globals.json", "globals.sql"])
            #expect(manifest.record.warnings == [])
            let text = String(decoding: try JSONEncoder().encode(manifest), as: UTF8.self)
            #expect(!text.contains("SCRAM"))

            let source = BackupReader(store: vault.store, identities: [vault.identity])
            let globals = try #require(try await PostgresGlobals.read(of: manifest, from: source))
            let bare = try await TemporaryPostgres.start()
            defer { bare.stop() }
            let connection = try await PostgresConnection.connect(bare.configuration())
            try await connection.execute("CREATE ROLE g_there LOGIN PASSWORD 'of the server'")
            let report = try await globals.createMissing(on: bare.configuration())
            #expect(Set(report.roles).isSuperset(of: ["g o\"w; --", "g_app", "g_boss"]))
            #expect(!report.roles.contains("g_there") && !report.roles.contains("postgres"))
            #expect(report.warnings == [])
            #expect(try await canLogIn(bare, "g_app", #"canary-33'\"#))
            #expect(try await canLogIn(bare, "g_there", "of the server"))
            let memberships = try await connection.query(
                """
                SELECT r.rolname || ' ' || m.rolname || ' ' || a.admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
                JOIN pg_roles m ON m.oid = a.member WHERE m.rolname LIKE 'g%' ORDER BY 1
                """)
            #expect(memberships.rows.map { $0[0] } == ["g o\"w; -- g_app true", "pg_read_all_stats g_app false"])
            let role = try await connection.query(
                "SELECT rolconnlimit, rolconfig::text FROM pg_roles WHERE rolname = 'g_app'")
            #expect(role.first?.values == ["7", #"{"search_path=\"$user\", \"a b\"",work_mem=64MB}"#])
            #expect(try await globals.createMissing(on: bare.configuration()).roles == [])

            // By hand, with nothing but the script.
            for name in report.roles { try await connection.execute("DROP ROLE \(PostgresIdentifier.quote(name))") }
            let script = try await source.bytes(manifest.artifacts[2])
            try await runChild(
                Command(
                    TemporaryPostgres.program("psql"),
                    ["-X", "-q", "-h", "127.0.0.1", "-p", String(bare.port), "-U", "postgres"],
                    environment: ["PGPASSWORD": bare.password]), input: script)
            #expect(try await canLogIn(bare, "g_app", #"canary-33'\"#))
            await connection.close()
        }
    }

    @Test(
        "without the right to it are made without what only a superuser gives; passwords that may not be read are told")
    func managed() async throws {
        try await Vault.with { vault in
            let server = try await TemporaryPostgres.start()
            defer { server.stop() }
            let admin = try await PostgresConnection.connect(server.configuration())
            try await admin.execute(
                """
                CREATE ROLE m_admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin'; CREATE ROLE m_boss SUPERUSER LOGIN PASSWORD 'boss';
                CREATE ROLE m_app LOGIN PASSWORD 'app'
                """)
            try await admin.execute("CREATE DATABASE managed OWNER m_admin")
            var login = server.configuration(database: "managed")
            (login.user, login.password) = ("m_admin", "admin")
            let manifest = try await vault.backUp(login)
            #expect(manifest.artifacts.count == 3)
            #expect(
                manifest.record.warnings == [
                    "the roles are stored without their passwords: \"m_admin\" may not read pg_authid"
                ])
            let source = BackupReader(store: vault.store, identities: [vault.identity])
            let globals = try #require(try await PostgresGlobals.read(of: manifest, from: source))
            #expect(globals.roles.allSatisfy { $0.password == nil })
            try await admin.execute("DROP ROLE m_boss, m_app")
            let report = try await globals.createMissing(on: login)
            #expect(report.roles == ["m_app", "m_boss"])
            #expect(
                report.warnings == ["\"m_boss\" is no superuser and has no other right that only a superuser gives"])
            await admin.close()
        }
    }
}
