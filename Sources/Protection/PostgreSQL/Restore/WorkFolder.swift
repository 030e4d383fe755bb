import Dispatch
import Foundation
import Processes

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
    private let lock: FolderLock
    private static let prefix = "dr-restore-"

    /// - Parameter base: where it is made; the folder of temporary files when absent.
    init(in base: URL = FileManager.default.temporaryDirectory) throws {
        // A killed process could not remove its own.
        FolderLock.sweep(base, prefix: Self.prefix)
        do { lock = try FolderLock.make(in: base, prefix: Self.prefix) } catch { throw Self.failure(base.path) }
        path = lock.folder.path
        guard mkdir(path, 0o700) == 0 else {
            let failure = Self.failure(path)
            lock.remove()
            throw failure
        }
    }

    deinit {
        remove()
        lock.remove()
    }

    /// Safe to call twice.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

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
