import Foundation
import PostgreSQLClient
import PostgresTestServer
import Processes
import Synchronization
import Testing

/// What one test works in: a fresh folder with a state folder and a filesystem store, a database of its own on the server
/// that all tests share, an age identity, and kubectl.
struct World: Sendable {
    let folder: URL
    let postgres: TemporaryPostgres
    /// The protected database.
    let database: String
    let identity: String
    let recipient: String

    static let namespace = "shop"

    /// Each world has several processes: as many at a time as there are processors.
    private static let places = Places(max(2, ProcessInfo.processInfo.activeProcessorCount))

    var state: URL { folder.appending(path: "state") }
    var store: URL { folder.appending(path: "store") }
    var log: URL { folder.appending(path: "dr.log") }

    /// - Parameter server: the one that all tests share when absent.
    static func with(
        on server: TemporaryPostgres? = nil, database: String? = nil, rows: Int = 500,
        _ body: (World) async throws -> Void
    ) async throws {
        await places.take()
        defer { places.give() }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "dr-operator-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "store"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appending(path: "identity").path
        _ = try await runChild(Command("age-keygen", ["-o", key]))
        let recipient = try await runChild(Command("age-keygen", ["-y", key]))
        let shared: TemporaryPostgres
        if let server { shared = server } else { shared = try await TemporaryPostgres.shared() }
        let world = World(
            folder: folder, postgres: shared,
            database: database ?? "db_\(UUID().uuidString.prefix(8).lowercased())",
            identity: try String(contentsOfFile: key, encoding: .utf8),
            recipient: String(decoding: recipient, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        _ = try await world.postgres.createDatabase(world.database, script: Self.content(rows))
        try await body(world)
    }

    // MARK: kubectl

    var environment: [String: String] {
        [
            "KUBECONFIG": state.appending(path: "kubeconfig").path,
            "KUBECACHEDIR": folder.appending(path: "cache").path,
            "HOME": folder.path,
        ]
    }

    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        try await kubectl(arguments, input: input)
    }

    @discardableResult
    func kubectl(_ arguments: [String], input: String = "") async throws -> String {
        let command = Command("kubectl", ["-n", Self.namespace] + arguments, environment: environment)
        return String(decoding: try await runChild(command, input: Array(input.utf8)), as: UTF8.self)
    }

    func apply(_ documents: String...) async throws {
        try await kubectl(["apply", "-f", "-"], input: documents.joined(separator: "\n---\n"))
    }

    /// A field of an object; empty while it is not there.
    func field(_ object: String, _ path: String) async throws -> String {
        try await kubectl("get", object, "--ignore-not-found", "-o", "jsonpath={\(path)}")
    }

    /// A people's verb of `dr`.
    @discardableResult
    func dr(_ arguments: String...) async throws -> String {
        String(
            decoding: try await runChild(
                Command(Standalone.executable, arguments + ["-n", Self.namespace], environment: environment)),
            as: UTF8.self)
    }

    var lastLog: String { String(((try? String(contentsOf: log, encoding: .utf8)) ?? "").suffix(3000)) }

    // MARK: Waiting

    struct TimedOut: Error, CustomStringConvertible {
        let description: String
    }

    /// Looks until `check` is nil; what it says else is the failure's text.
    func eventually(_ what: String, within seconds: Double = 60, _ check: () async throws -> String?) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while let missing = try await check() {
            guard ContinuousClock.now < deadline else {
                throw TimedOut(description: "\(what): still \(missing)\n\(lastLog)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func wait(_ object: String, _ path: String, is wanted: String, within seconds: Double = 60) async throws {
        do {
            try await eventually("\(object) \(path) = \(wanted)", within: seconds) {
                let found = try await field(object, path)
                return found == wanted ? nil : found.isEmpty ? "nothing" : found
            }
        } catch let error as TimedOut {
            let yaml = (try? await kubectl("get", object, "-o", "yaml")) ?? ""
            throw TimedOut(description: "\(error)\n\(yaml)")
        }
    }

    // MARK: SQL

    func sql(_ statement: String, in database: String? = nil) async throws {
        let connection = try await PostgresConnection.connect(
            postgres.configuration(database: database ?? self.database))
        do { try await connection.execute(statement) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    func values(_ query: String, in database: String? = nil) async throws -> [String] {
        let connection = try await PostgresConnection.connect(
            postgres.configuration(database: database ?? self.database))
        do {
            let rows = try await connection.query(query).rows
            await connection.close()
            return rows.map { $0.values.map { $0 ?? "NULL" }.joined(separator: "|") }
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Every row of every table, digested by the server.
    func contents(of database: String? = nil) async throws -> [String] {
        var result: [String] = []
        for table in try await values(
            "select tablename from pg_tables where schemaname = 'public' order by 1", in: database)
        {
            let name = PostgresIdentifier.quote(table)
            result += try await values(
                "select '\(table)', count(*), md5(string_agg(t::text, '|' order by t::text)) from \(name) t",
                in: database)
        }
        return result
    }

    /// The databases that belong to this test: the protected one, and what recoveries kept or left.
    func databases() async throws -> [String] {
        try await values("select datname from pg_database order by 1", in: "postgres").filter { $0.hasPrefix(database) }
    }

    private static func content(_ rows: Int) -> String {
        """
        create table customers (id int primary key, name text not null, note text);
        create table orders (id int primary key, customer int not null references customers, paid numeric, data bytea, at timestamptz);
        create index on orders (customer);
        create view paid as select * from orders where paid > 50;
        insert into customers select i, 'Zoë ' || i, case i % 3 when 0 then null else E'a\\tb\\n' || i end from generate_series(1, \(rows)) i;
        insert into orders select i, 1 + i % \(rows), i * 1.5, decode(md5(i::text), 'hex'), timestamptz '2026-01-01 UTC' + i * interval '1 minute'
            from generate_series(1, \(rows * 2)) i;
        """
    }
}

extension World {
    @discardableResult
    func run(_ program: String, _ arguments: String...) async throws -> String {
        String(decoding: try await runChild(Command(program, arguments)), as: UTF8.self)
    }
}

/// Lets so many in at a time, in the order in which they came.
private final class Places: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
