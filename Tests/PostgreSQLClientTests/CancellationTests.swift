import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import Testing

/// A task that is cancelled ends what it asked the server for, wherever that was, and the connection goes on.
@Suite("A cancelled call")
struct CancellationTests {
    private func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(TemporaryPostgres.shared().configuration())
    }

    /// Cancels `body` when the server shows its statement as `state`, and looks at what is left of the connection.
    private func cancel(
        _ connection: PostgresConnection, when state: String,
        _ body: @escaping @Sendable (PostgresConnection) async throws -> Void
    ) async throws {
        let watcher = try await connect()
        let process = await connection.backendProcess
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body(connection) }
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND \(state)"
            while try await watcher.query(sql, [String(process)]).first?[0] != "1" { await Task.yield() }
            group.cancelAll()
            let result = await group.nextResult()
            #expect(throws: CancellationError.self) { try result?.get() }
        }
        #expect(try await connection.query("SELECT 7").first?[0] == "7")
        #expect(await connection.backendProcess == process, "the same session")
    }

    @Test("that reads a COPY ends it on the server")
    func copyOut() async throws {
        let connection = try await connect()
        try await cancel(connection, when: "state = 'active' AND query LIKE 'COPY%'") { connection in
            _ = try await connection.copyOut("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT", into: 0) {
                rows, _ in rows += 1
            }
        }
    }

    @Test("that waits for a lock to begin a COPY waits no more, and nothing is under way")
    func startCopy() async throws {
        let (connection, holder) = (try await connect(), try await connect())
        let table = "copy_lock_\(UUID().uuidString.prefix(8).lowercased())"
        try await holder.execute("CREATE TABLE \(table) (a int)")
        try await holder.execute("BEGIN; LOCK TABLE \(table)")
        try await cancel(connection, when: "wait_event_type = 'Lock'") {
            try await $0.startCopy("COPY \(table) FROM STDIN")
        }
        try await holder.execute("ROLLBACK; DROP TABLE \(table)")
    }

    @Test("that sends rows which the server does not take stores none")
    func sendCopy() async throws {
        let connection = try await connect()
        // The first row keeps the server busy; what follows fills the sockets.
        try await connection.execute(
            """
            CREATE TEMP TABLE slow (a text);
            CREATE FUNCTION pg_temp.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END';
            CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION pg_temp.wait()
            """)
        try await connection.startCopy("COPY slow FROM STDIN")
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + [UInt8(ascii: "\n")]
        try await cancel(connection, when: "wait_event = 'PgSleep'") { connection in
            while true { try await connection.sendCopy(piece) }
        }
        #expect(try await connection.query("SELECT count(*) FROM slow").first?[0] == "0")
    }

    @Test("in a transaction rolls it back")
    func transaction() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        try await cancel(connection, when: "wait_event = 'PgSleep'") { connection in
            try await connection.transaction { connection in
                try await connection.execute("INSERT INTO t VALUES (1)")
                try await connection.execute("SELECT pg_sleep(600)")
            }
        }
        #expect(try await connection.query("SELECT count(*) FROM t").first?[0] == "0")
    }

    /// A server that takes connections and never says a word, for the time of a call.
    private func withSilentServer<R: Sendable>(_ body: (Int, ChildStreams) async throws -> R) async throws -> R {
        let script = """
            import socket, sys
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            taken, _ = listener.accept()
            print("taken", flush=True)
            sys.stdin.read()
            """
        return try await withChild(Command("python3", ["-c", script])) { streams in
            let line = String(decoding: try await streams.output.read(upTo: 64), as: UTF8.self)
            return try await body(try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines))), streams)
        }
    }

    @Test("to connect to a server that says nothing does not wait for its time to be over")
    func connecting() async throws {
        try await withSilentServer { port, streams in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let login = PostgresConfiguration(
                        host: "127.0.0.1", port: port, database: "d", user: "u", connectTimeout: .seconds(86_400))
                    await #expect(throws: CancellationError.self) { _ = try await PostgresConnection.connect(login) }
                }
                _ = try? await streams.output.read(upTo: 64)
                group.cancelAll()
            }
        }
    }

    @Test("A server that says nothing is unreachable when the time to connect is over")
    func silent() async throws {
        try await withSilentServer { port, _ in
            let login = PostgresConfiguration(
                host: "127.0.0.1", port: port, database: "d", user: "u", password: "canary-7f3a",
                connectTimeout: .milliseconds(300))
            let error = await #expect(throws: PostgresError.self) { _ = try await PostgresConnection.connect(login) }
            #expect(error?.code == .unreachable && error?.isRetriable == true)
            #expect(
                error?.message.contains("127.0.0.1:\(port) did not answer within") == true,
                "\(String(describing: error))")
        }
    }
}
