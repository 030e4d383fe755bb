import BackupArchive
import Foundation
import PostgreSQLClient
import PostgreSQLProtection
import PostgresTestServer
import Processes
import Testing

@Suite("A verification that is killed")
struct VerificationKillTests {
    /// Where the build puts the tests' own programs.
    static let tool =
        Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "proof-tool").path ?? ""

    /// Runs proof-tool up to a step, and kills it there.
    func kill(
        _ vault: Vault, _ manifest: Manifest, at step: String, scratch: URL, target: [String] = [],
        password: String = ""
    ) async throws {
        let arguments = [
            vault.folder.appending(path: "store").path, vault.identityFile.path, "ns", "pg", manifest.backup,
            scratch.path,
        ]
        let command = Command(
            Self.tool, arguments + target, environment: ["PROOF_TOOL_STOP": step, "PGPASSWORD": password],
            endSignal: .kill,
            diesWithParent: .kill)
        struct Reached: Error {}
        await #expect(throws: Reached.self) {
            try await withChild(command) { streams in
                var text = ""
                while !text.contains("\(step)\n") {
                    let piece = try await streams.output.read(upTo: 1000)
                    if piece.isEmpty { return }
                    text += String(decoding: piece, as: UTF8.self)
                }
                throw Reached()
            }
        }
    }

    @Test("leaves no server behind", arguments: ["loading", "checks"])
    func scratch(step: String) async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make("killed at \(step)", "CREATE TABLE t AS SELECT generate_series(1, 100)")
            let manifest = try await vault.backUp(sample.login)
            let scratch = try vault.newFolder("scratch")
            try await kill(vault, manifest, at: step, scratch: scratch)
            #expect(FileManager.default.fileExists(atPath: scratch.appending(path: "data/PG_VERSION").path))
            while !processes(with: scratch.path).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("on a named server leaves a database, which the next one drops", arguments: ["loading", "checks"])
    func target(step: String) async throws {
        try await Vault.with { vault in
            // A server of its own: another test's verification would drop what this one looks for.
            let server = try await TemporaryPostgres.start()
            defer { server.stop() }
            let maintenance = try await PostgresConnection.connect(server.configuration())
            try await maintenance.execute("CREATE ROLE prover LOGIN CREATEDB PASSWORD 'canary-17'")
            try await maintenance.execute("CREATE DATABASE dr_verify_0")
            let login = try await server.createDatabase(
                "killed", script: "CREATE TABLE t AS SELECT generate_series(1, 100)")
            let manifest = try await vault.backUp(login)
            let scratch = try vault.newFolder("scratch")
            let databases = "SELECT datname FROM pg_database WHERE datname LIKE 'dr_verify%' ORDER BY 1"
            try await kill(
                vault, manifest, at: step, scratch: scratch, target: ["127.0.0.1", String(server.port), "prover"],
                password: "canary-17")
            #expect(try await maintenance.query(databases).rows.count == 2)
            var target = server.configuration()
            (target.user, target.password) = ("prover", "canary-17")
            // The server notices a killed client within moments.
            let sessions = "SELECT 1 FROM pg_stat_activity WHERE usename = 'prover'"
            while try await maintenance.query(sessions).first != nil { try await Task.sleep(for: .milliseconds(10)) }
            let report = try await vault.verify(manifest, PostgresProof(target: target)) { _ in
                #expect(processes(with: "canary-17") == [])
            }
            #expect(report.checks.map(\.name) == ["roles", "restore", "rows"])
            #expect(try await maintenance.query(databases).rows.map { $0[0] } == ["dr_verify_0"])
            await maintenance.close()
        }
    }

    @Test("on a named server that refuses names the field of the verification")
    func refused() async throws {
        try await Vault.with { vault in
            let sample = try await Sample.make("refused target", "CREATE TABLE t AS SELECT 1")
            let manifest = try await vault.backUp(sample.login)
            try await sample.maintain("DROP ROLE IF EXISTS no_maker; CREATE ROLE no_maker LOGIN PASSWORD 'x'")
            var target = sample.server.configuration()
            target.password = "canary-18"
            let login = await #expect(throws: PostgresProtectionError.self) {
                try await vault.verify(manifest, PostgresProof(target: target))
            }
            #expect(login?.field == "verification.target.postgresql.passwordSecret")
            (target.user, target.password) = ("no_maker", "x")
            let right = await #expect(throws: PostgresProtectionError.self) {
                try await vault.verify(manifest, PostgresProof(target: target))
            }
            #expect(right?.code == .insufficientPrivilege)
            #expect(right?.field == "verification.target.postgresql.user")
        }
    }
}
