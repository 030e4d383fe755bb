#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Dispatch
import Foundation

/// Writes a new file on a queue of its own: a slow disk blocks no thread that other tasks run on.
final class FileDescriptorWriter: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "dr.file-writer")

    /// Creates the file with mode 0600.
    /// - Throws: `POSIXError`; also when it exists.
    init(creating file: URL) throws {
        descriptor = file.path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else { throw Self.failure }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await onQueue { [descriptor] in
            var done = 0
            try bytes.withUnsafeBytes { buffer in
                while done < buffer.count, let start = buffer.baseAddress {
                    let count = Glibc.write(descriptor, start + done, buffer.count - done)
                    if count < 0, errno == EINTR { continue }
                    guard count >= 0 else { throw Self.failure }
                    done += count
                }
            }
        }
    }

    func synchronize() async throws {
        try await onQueue { [descriptor] in guard fsync(descriptor) == 0 else { throw Self.failure } }
    }

    func close() { queue.sync { _ = Glibc.close(descriptor) } }

    private func onQueue(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
