import Cryptography
import Foundation
public import PostgreSQLClient
import Processes
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A PostgreSQL server of its own for tests: a fresh cluster in a temporary folder, on a free loopback port and a
/// private socket, with scram passwords and TLS. It goes with ``stop()``, and with the test process.
public final class TemporaryPostgres: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let folder: String
    public let port: Int
    public let user = "postgres"
    /// With characters that quoting must survive.
    public let password = "pass word'\"\\$(x)=%"
    /// The authority that signed the server's certificate, in PEM.
    public let certificateAuthority: String
    private let process = Mutex<pid_t>(0)
    private let watcher = Mutex<Task<Void, Never>?>(nil)

    /// One server for all tests of the process: each test makes databases of its own.
    public static func shared() async throws -> TemporaryPostgres { try await sharedStart.value }

    private static let sharedStart = Task { try await TemporaryPostgres.start() }

    /// - Parameter settings: for `postgresql.conf`.
    public static func start(settings: [String: String] = [:]) async throws -> TemporaryPostgres {
        let server: TemporaryPostgres
        do { server = try await TemporaryPostgres(settings: settings) } catch is Failure {
            // Another process may have taken the port meanwhile.
            server = try await TemporaryPostgres(settings: settings)
        } catch is ProcessError {
            server = try await TemporaryPostgres(settings: settings)
        }
        running.withLock { $0.append(server) }
        if installed.exchange(true, ordering: .relaxed) == false {
            atexit { for server in TemporaryPostgres.running.withLock({ $0 }) { server.stop() } }
        }
        return server
    }

    private static let running = Mutex<[TemporaryPostgres]>([])
    private static let installed = Atomic(false)

    private init(settings: [String: String]) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "dr-postgres-\(UUID().uuidString.prefix(8))")
            .path(percentEncoded: false)
        port = try freeLoopbackPort()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        let authority = try CertificateAuthority.create(commonName: "test", validFor: .seconds(86_400))
        certificateAuthority = authority.certificatePEM
        let certificate = try authority.issue(
            server: "localhost", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], validFor: .seconds(86_400))

        let data = "\(folder)/data"
        try Data(password.utf8).write(to: URL(filePath: "\(folder)/password"))
        try Data(certificate.certificatePEM.utf8).write(to: URL(filePath: "\(folder)/server.crt"))
        try Data(certificate.privateKeyPEM.utf8).write(to: URL(filePath: "\(folder)/server.key"))
        chmod("\(folder)/server.key", 0o600)
        if geteuid() == 0, let account = getpwnam("postgres") {
            for name in ["", "/password", "/server.crt", "/server.key"] {
                chown(folder + name, account.pointee.pw_uid, account.pointee.pw_gid)
            }
        }
        try await run(
            "initdb",
            [
                "-D", data, "-U", user, "--pwfile=\(folder)/password", "--auth=scram-sha-256", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ])
        var all = [
            "port": String(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off",
            "ssl": "on", "ssl_cert_file": "\(folder)/server.crt", "ssl_key_file": "\(folder)/server.key",
            "max_connections": "400", "lc_messages": "C", "wal_level": "logical",
        ]
        // Built for tests, other versions often have no TLS.
        if ProcessInfo.processInfo.environment["DR_TEST_POSTGRES"] != nil { all["ssl"] = "off" }
        all.merge(settings) { $1 }
        let options = all.sorted { $0.key < $1.key }.map { "-c \($0.key)='\($0.value)'" }.joined(separator: " ")
        try await run("pg_ctl", ["-D", data, "-w", "-l", "\(folder)/log", "-o", options, "start"])
        guard let number = runningProcess() else { throw Failure(description: "no process in postmaster.pid") }
        process.withLock { $0 = number }
        watch()
    }

    /// A child that learns of this process's end, however it ends, by the end of its own input, and ends the server then:
    /// the one that runs by then, since a test may have restarted it.
    private func watch() {
        let script =
            #"trap "" INT TERM HUP; read line; kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"; rm -rf "$1""#
        let command = Command("sh", ["-c", script, "sh", folder], workingDirectory: "/")
        watcher.withLock { watcher in
            watcher = Task {
                // It ends with this process, or is told to.
                try? await withChild(command) { _ in while true { try await Task.sleep(for: .seconds(3600)) } }
            }
        }
    }

    private func runningProcess() -> pid_t? {
        let file = try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        return file?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// The superuser's login, over TLS unless told otherwise.
    public func configuration(
        database: String = "postgres", sslMode: PostgresConfiguration.SSLMode = .disable
    ) -> PostgresConfiguration {
        PostgresConfiguration(
            host: "127.0.0.1", port: port, database: database, user: user, password: password, sslMode: sslMode,
            rootCertificates: sslMode == .verifyFull || sslMode == .verifyCA ? certificateAuthority : nil,
            applicationName: "test")
    }

    /// Makes a database and returns the login to it.
    public func createDatabase(_ name: String, script: String = "") async throws -> PostgresConfiguration {
        let maintenance = try await PostgresConnection.connect(configuration())
        try await maintenance.execute("CREATE DATABASE \(PostgresIdentifier.quote(name))")
        await maintenance.close()
        let login = configuration(database: name)
        if !script.isEmpty {
            let connection = try await PostgresConnection.connect(login)
            try await connection.execute(script)
            await connection.close()
        }
        return login
    }

    /// The certificate of an authority that signed nothing here.
    public static func otherAuthority() throws -> String {
        try CertificateAuthority.create(commonName: "other", validFor: .seconds(86_400)).certificatePEM
    }

    /// Ends the server at once and removes its folder. Safe to call twice.
    public func stop() {
        let number = process.withLock { value in
            defer { value = 0 }
            // A test may have restarted it.
            return value == 0 ? 0 : runningProcess() ?? value
        }
        if number > 0 {
            kill(number, SIGQUIT)
            // Its folder must not be removed under it; it is not our child, so it is asked for by name.
            for _ in 0..<500 where kill(number, 0) == 0 { usleep(10_000) }
        }
        try? FileManager.default.removeItem(atPath: folder)
        watcher.withLock { $0?.cancel() }
    }

    /// The server's programs refuse to run as root.
    private func run(_ tool: String, _ arguments: [String]) async throws {
        let program = Self.program(tool)
        let command =
            geteuid() == 0
            ? Command("runuser", ["-u", "postgres", "--", program] + arguments, workingDirectory: folder)
            : Command(program, arguments, workingDirectory: folder)
        do { try await runChild(command) } catch {
            let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
            throw Failure(description: "\(tool): \(error) \(log.suffix(2000))")
        }
    }

    /// Debian keeps the server's programs out of `PATH`. `DR_TEST_POSTGRES` names the folder of another version's, which must
    /// be in `PATH` too.
    public static func program(_ name: String) -> String {
        if let folder = ProcessInfo.processInfo.environment["DR_TEST_POSTGRES"] { return "\(folder)/\(name)" }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let paths = versions.compactMap(Int.init).sorted().reversed().map { "\(root)/\($0)/bin/\(name)" }
        return paths.first { access($0, X_OK) == 0 } ?? name
    }
}
