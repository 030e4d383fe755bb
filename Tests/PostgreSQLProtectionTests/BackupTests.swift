import Foundation
import PostgreSQLClient
import PostgreSQLProtection
import PostgresTestServer
import Processes
import Testing

@Suite("A backup")
struct BackupTests {
    @Test("is an archive that the stock pg_restore restores, row for row")
    func stockRestore() async throws {
        let sample = try await Sample.make("stock", Sample.everything)
        let backup = try await sample.backUp()
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-stock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "archive")
        try Data(backup.bytes).write(to: file)
        let target = try await sample.server.createDatabase("stock restored")
        try await runChild(
            Command(
                TemporaryPostgres.program("pg_restore"),
                [
                    "--exit-on-error", "-h", "127.0.0.1", "-p", String(sample.server.port), "-U", "postgres",
                    "-d", target.database, file.path(percentEncoded: false),
                ], environment: ["PGPASSWORD": sample.server.password]))
        let differences = try await PostgresVerification.differences(
            of: target, from: backup.result.fingerprint, verification: .rows)
        #expect(differences == [])
    }

    @Test(
        "of a database with a hostile name has its rows",
        arguments: ["a\"b; drop", "$(x)", "x=y", "postgres://h/d", "it's \\"])
    func names(name: String) async throws {
        let sample = try await Sample.make("b \(name)", "CREATE TABLE t AS SELECT 1 AS a")
        let result = try await sample.backUp().result
        #expect(result.fingerprint.totalRows == 1)
    }

    @Test("fails clearly, naming the field, and without the password")
    func refusals() async throws {
        let server = try await TemporaryPostgres.shared()
        let cases: [(PostgresProtectionError.Code, String?, (inout PostgresConfiguration) -> Void)] = [
            (.authenticationFailed, "passwordSecret", { $0.password = "canary-91" }),
            (.unreachable, "host", { $0.port = 1 }),
            (.unknownDatabase, "database", { $0.database = "nowhere" }),
        ]
        for (code, field, configure) in cases {
            var login = server.configuration()
            configure(&login)
            let source = login
            let error = await #expect(throws: PostgresProtectionError.self) {
                _ = try await PostgresBackup.run(source) { _ in }
            }
            #expect(error?.code == code)
            #expect(error?.field == field)
            #expect(error?.mend != nil)
            #expect("\(error as Any)".contains("canary-91") == false)
        }
    }

    @Test("by a user who may not read a table fails, naming the table")
    func privileges() async throws {
        let sample = try await Sample.make(
            "unreadable", "CREATE TABLE hidden (a int); CREATE ROLE reader LOGIN PASSWORD 'r'")
        var login = sample.login
        login.user = "reader"
        login.password = "r"
        let source = login
        let error = await #expect(throws: PostgresProtectionError.self) {
            _ = try await PostgresBackup.run(source) { _ in }
        }
        #expect(error?.code == .insufficientPrivilege)
        #expect(error?.message.contains("hidden") == true)
    }

    /// Again and again: pg_dump may end by the signal, by the closed pipe, or by itself.
    @Test("ends with the sink's error when the sink fails", arguments: 0..<8)
    func sinkFails(_ attempt: Int) async throws {
        struct Full: Error {}
        let sample = try await Sample.make(
            "sink \(attempt)", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        let login = sample.login
        await #expect(throws: Full.self) {
            _ = try await PostgresBackup.run(login) { _ in
                // Time for pg_dump to have its handler of signals.
                try await Task.sleep(for: .milliseconds(attempt * 20))
                throw Full()
            }
        }
    }

    @Test("is cancelled with its task")
    func cancellation() async throws {
        let sample = try await Sample.make(
            "cancel", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        let login = sample.login
        let (started, signal) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await PostgresBackup.run(login) { _ in
                signal.yield()
                try await Task.sleep(for: .seconds(600))
            }
        }
        for await _ in started { break }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
    }
}
