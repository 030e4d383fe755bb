import CLinux
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The parent's end of a pipe to a child process, read and written in large pieces.
///
/// The calls block, so each end has a queue of its own and never a thread of the cooperative pool. One operation at a
/// time: a reader belongs to one task, and so does a writer. The descriptor closes with ``close()`` or with the object.
public final class PipeEnd: Sendable {
    /// What the pipe is asked to hold; the kernel's default of 64 KiB makes two processes wait for each other.
    static let capacity: Int32 = 1 << 20

    private let queue: DispatchQueue
    private let descriptor: Mutex<Int32>

    init(adopting descriptor: Int32, label: String) {
        self.queue = DispatchQueue(label: "pipe.\(label)")
        self.descriptor = Mutex(descriptor)
        // Fails when the user's pipe budget is used up: the pipe then keeps its smaller size and still works.
        _ = dr_set_pipe_capacity(descriptor, Self.capacity)
    }

    deinit { close() }

    /// Safe to call twice. A writer's close is the child's end of input.
    ///
    /// Nothing begins after it; what is under way ends first, so that its number is never that of another file meanwhile.
    public func close() {
        let old = descriptor.withLock { value in
            defer { value = -1 }
            return value
        }
        if old >= 0 { queue.async { _ = systemClose(old) } }
    }

    /// The next bytes, at most `count`; empty at the end.
    /// - Throws: ``ProcessError`` with `.pipe`.
    public func read(upTo count: Int) async throws -> [UInt8] {
        try await onQueue { fd in
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                var got: Int
                repeat { got = systemRead(fd, buffer.baseAddress, count) } while got < 0 && errno == EINTR
                guard got >= 0 else { throw Self.failure("read") }
                filled = got
            }
        }
    }

    /// As many bytes as fit `count`, fewer only at the end: saves a hop a pipe-full.
    public func readFully(_ count: Int) async throws -> [UInt8] {
        try await onQueue { fd in
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count, let base = buffer.baseAddress {
                    let got = systemRead(fd, base + filled, count - filled)
                    if got < 0, errno == EINTR { continue }
                    guard got >= 0 else { throw Self.failure("read") }
                    if got == 0 { break }
                    filled += got
                }
            }
        }
    }

    /// Writes all of it, waiting while the pipe is full.
    /// - Throws: ``ProcessError`` with `.pipe` when the child closed its end.
    public func write(_ bytes: [UInt8]) async throws {
        try await onQueue { fd in
            try bytes.withUnsafeBytes { buffer in
                var rest = buffer[...]
                while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                    let put = systemWrite(fd, base, rest.count)
                    if put < 0, errno == EINTR { continue }
                    guard put >= 0 else { throw Self.failure("write") }
                    rest = rest.dropFirst(put)
                }
            }
        }
    }

    private func onQueue<T: Sendable>(_ body: @escaping @Sendable (Int32) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            // Queued under the lock: before the close, or not at all.
            let isOpen = descriptor.withLock { fd in
                guard fd >= 0 else { return false }
                queue.async { [fd] in continuation.resume(with: Result { try body(fd) }) }
                return true
            }
            if !isOpen { continuation.resume(throwing: ProcessError(code: .pipe, program: "pipe", message: "it is closed")) }
        }
    }

    private static func failure(_ what: String) -> ProcessError {
        ProcessError(code: .pipe, program: what, message: String(cString: strerror(errno)))
    }
}

// `read`, `write` and `close` are also names of the methods above.
private func systemRead(_ fd: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(fd, buffer, count) }
private func systemWrite(_ fd: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int { write(fd, buffer, count) }
private func systemClose(_ fd: Int32) -> Int32 { close(fd) }
