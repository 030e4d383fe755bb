import Cryptography
import Foundation
import PostgreSQLClient
import Processes

/// A PostgreSQL server for one verification: new, in a folder of its own, reached over a Unix socket that only its account
/// can get to, with a password that nobody else has. It ends with the body, and with this process however that ends.
/// Nothing of it need survive, so it never waits for a disk.
struct ScratchServer: Sendable {
    /// The superuser's login, into the database `template1`.
    let login: PostgresConfiguration
    let programs: ServerPrograms

    static let user = "postgres"

    /// - Parameter major: what the server must be able to restore.
    /// - Throws: ``PostgresProtectionError``; what `body` threw.
    static func with<R: Sendable>(
        in scratch: URL, atLeast major: Int, _ body: (ScratchServer) async throws -> R
    ) async throws -> R {
        let programs = try await ServerPrograms.find(atLeast: major)
        let account = try ScratchAccount.current()
        let place = try ScratchPlace(scratch: scratch, account: account)
        defer { place.remove() }
        let password = try SecureRandom.hexString(byteCount: 16)
        do {
            try place.writePassword(password, account: account)
            try await runChild(
                Command(
                    programs.initdb,
                    [
                        "--pgdata=\(place.data)", "--username=\(user)", "--pwfile=\(place.passwordFile)",
                        "--auth=scram-sha-256",
                        "--encoding=UTF8", "--locale=C", "--no-sync",
                    ], environment: environment, workingDirectory: "/", account: account, diesWithParent: .kill))
            let server = ScratchServer(
                login: PostgresConfiguration(
                    host: place.socketFolder, port: ScratchPlace.port, database: "template1", user: user,
                    password: password,
                    sslMode: .disable),
                programs: programs)
            // SIGQUIT: the postmaster ends its children at once and takes its shared memory back, which SIGKILL would not.
            let command = Command(
                programs.postgres, ["-D", place.data] + settings(place), environment: environment,
                workingDirectory: "/",
                account: account, endSignal: .quit, diesWithParent: .quit)
            return try await withServer(command) { child in
                do {
                    try await server.waitUntilReady(child)
                    return try await body(server)
                } catch {
                    if isLoss(error) { await waitForEnd(of: child) }
                    throw error
                }
            }
        } catch {
            throw told(error, in: place.folder)
        }
    }

    // Messages that are matched must not be translated, and nothing of this process's own connections applies.
    private static let environment = [
        "LC_ALL": "C", "LC_MESSAGES": "C", "PGOPTIONS": "", "PGSERVICE": "", "PGTZ": "UTC",
    ]

    private static func settings(_ place: ScratchPlace) -> [String] {
        let settings = [
            "listen_addresses": "", "port": String(ScratchPlace.port), "unix_socket_directories": place.socketFolder,
            "unix_socket_permissions": "0700", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
            "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off", "jit": "off",
            // A container's /dev/shm is small, and what a killed server leaves there stays; files in the folder go with it.
            "dynamic_shared_memory_type": "mmap", "restart_after_crash": "off", "max_locks_per_transaction": "1024",
            // Rows and statements do not get into messages.
            "log_error_verbosity": "terse", "log_min_error_statement": "panic", "logging_collector": "off",
            "lc_messages": "C", "timezone": "UTC",
        ]
        return settings.sorted { $0.key < $1.key }.flatMap { name, value in
            // The server takes the folders' names as a list.
            ["-c", "\(name)=\(name == "unix_socket_directories" ? PostgresIdentifier.quote(value) : value)"]
        }
    }

    private func waitUntilReady(_ child: Server) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                let connection = try await PostgresConnection.connect(login)
                await connection.close()
                return
            } catch let error as PostgresError where error.isRetriable {
                guard !child.hasEnded, ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Why a connection was lost is said by the server's end: it has `restart_after_crash=off`, and so ends when one of its
    /// processes does. That takes moments.
    private static func waitForEnd(of child: Server) async {
        let deadline = ContinuousClock.now + .seconds(5)
        while !child.hasEnded, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func isLoss(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.code == .connectionLost || error.code == .unreachable
        case let error as PostgresProtectionError:
            error.code == .connectionLost || error.code == .unreachable
                || (error.code == .toolFailed && error.isRetriable)
        default: false
        }
    }

    /// A scratch server's troubles are not those of the database that is backed up.
    private static func told(_ error: any Error, in folder: String) -> any Error {
        switch error {
        case let error as ProcessError where error.message.contains("No space left on device"),
            let error as ProcessError where error.message.contains("File too large"):
            return full(folder, "\(error)")
        case let error as ProcessError:
            return PostgresProtectionError(
                .scratchServer, "the scratch server does not run: \(error)", field: "verification",
                isRetriable: error.code == .signalled(9))
        case let error as PostgresProtectionError where error.code == .diskFull: return full(folder, error.message)
        case let error as PostgresError:
            return PostgresProtectionError(.scratchServer, "the scratch server: \(error)", field: "verification")
        default: return error
        }
    }

    private static func full(_ folder: String, _ message: String) -> PostgresProtectionError {
        PostgresProtectionError(
            .diskFull, "no space for the scratch server in \(folder): \(message)", field: "verification",
            mend: "let DR_CACHE name a folder with room for the whole database, or name a server as verification.target"
        )
    }
}
