import Foundation
import Processes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a scratch server has its files and its socket.
struct ScratchPlace: Sendable {
    /// Holds everything but possibly the socket; belongs to the server's account, and nobody else enters it.
    let folder: String
    /// Holds the socket.
    let socketFolder: String
    /// Folders that are made here rather than given, and go with ``remove()``.
    private let made: [String]

    static let port = 5432
    /// Of `sockaddr_un.sun_path`, without the zero byte.
    private static let longestSocket = 107
    private static let prefix = "dr-postgres-scratch-"

    var data: String { "\(folder)/data" }
    var passwordFile: String { "\(folder)/password" }

    /// In `scratch`, unless the account cannot get there: then beside the deepest folder above that it can.
    init(scratch: URL, account: Command.Account?) throws {
        let given = URL(filePath: scratch.path).standardizedFileURL.path
        var made: [String] = []
        if let account {
            if let reachable = Self.reachable(above: given) {
                folder = try Self.make(in: reachable, account)
                made.append(folder)
            } else {
                folder = given
                try Self.give(given, to: account)
            }
        } else {
            folder = given
        }
        if "\(folder)/.s.PGSQL.\(Self.port)".utf8.count > Self.longestSocket {
            socketFolder = try Self.make(in: "/tmp", account)
            made.append(socketFolder)
        } else {
            socketFolder = folder
        }
        self.made = made
    }

    func remove() {
        for folder in made { try? FileManager.default.removeItem(atPath: folder) }
    }

    func writePassword(_ password: String, account: Command.Account?) throws {
        let descriptor = open(passwordFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(passwordFile) }
        defer { close(descriptor) }
        let bytes = Array(password.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Self.failure(passwordFile) }
        if let account, fchown(descriptor, account.user, account.group) != 0 { throw Self.failure(passwordFile) }
    }

    /// nil: everybody may pass to the folder already.
    private static func reachable(above folder: String) -> String? {
        var deepest = "/"
        var path = ""
        for part in folder.split(separator: "/").dropLast() {
            path += "/\(part)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IXOTH != 0 else { return deepest }
            deepest = path
        }
        return nil
    }

    /// A folder with a name that nobody can guess, for this process.
    private static func make(in parent: String, _ account: Command.Account?) throws -> String {
        removeLeftOvers(in: parent)
        let folder = "\(parent == "/" ? "" : parent)/\(prefix)\(getpid())-\(UUID().uuidString.prefix(8))"
        guard mkdir(folder, 0o700) == 0 else { throw failure(folder) }
        if let account { try give(folder, to: account) }
        return folder
    }

    /// A killed process could not remove its own: the name says whose it is.
    private static func removeLeftOvers(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            guard let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }) else { continue }
            if kill(process, 0) != 0, errno == ESRCH {
                try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
            }
        }
    }

    private static func give(_ folder: String, to account: Command.Account) throws {
        guard chown(folder, account.user, account.group) == 0, chmod(folder, 0o700) == 0 else { throw failure(folder) }
    }

    private static func failure(_ path: String) -> PostgresProtectionError {
        let reason = String(cString: strerror(errno))
        return PostgresProtectionError(
            errno == ENOSPC ? .diskFull : .scratchServer, "cannot use \(path) for the scratch server: \(reason)",
            field: "verification", mend: "let DR_CACHE name a folder that dr may write to")
    }
}
