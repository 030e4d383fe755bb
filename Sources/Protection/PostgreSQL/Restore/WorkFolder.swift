import Dispatch
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder that only this user can enter, for the small archives that `pg_restore` reads. File calls run on a queue of
/// its own.
final class WorkFolder: Sendable {
    let path: String
    private let queue = DispatchQueue(label: "restore.files")
    private static let prefix = "dr-restore-"

    init() throws {
        let base = FileManager.default.temporaryDirectory.path(percentEncoded: false)
        Self.removeLeftOvers(in: base)
        path = "\(base)/\(Self.prefix)\(getpid())-\(UUID().uuidString)"
        guard mkdir(path, 0o700) == 0 else { throw Self.failure(path) }
    }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// A killed process could not remove its own: the name says whose it is.
    private static func removeLeftOvers(in base: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
            guard let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }) else { continue }
            if kill(process, 0) != 0, errno == ESRCH { try? FileManager.default.removeItem(atPath: "\(base)/\(name)") }
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Adds to the end of a file, which is made when it is not there.
    func append(_ bytes: [UInt8], to name: String) async throws {
        let file = file(name)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try Self.append(bytes, toFile: file) }) }
        }
    }

    private static func append(_ bytes: [UInt8], toFile file: String) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw failure(file) }
                rest = rest.dropFirst(written)
            }
        }
    }

    private static func failure(_ path: String) -> PostgresProtectionError {
        let reason = String(cString: strerror(errno))
        return PostgresProtectionError(
            errno == ENOSPC ? .diskFull : .server, "cannot write \(path): \(reason)",
            mend: "give the folder of temporary files (TMPDIR) more space")
    }
}
