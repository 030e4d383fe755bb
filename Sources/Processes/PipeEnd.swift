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
/// Each end has a queue of its own and never a thread of the cooperative pool. A reader that has nothing to read holds no
/// thread at all: Dispatch has 255 of them, and some hundred quiet children would leave none for those that have work. A
/// writer blocks while the pipe is full. One operation at a time: a reader belongs to one task, and so does a writer. The
/// descriptor closes with ``close()`` or with the object.
public final class PipeEnd: Sendable {
    /// What the pipe is asked to hold; the kernel's default of 64 KiB makes two processes wait for each other.
    static let capacity: Int32 = 1 << 20

    private struct State {
        /// -1 once closed.
        var descriptor: Int32
        var isNonblocking = false
        /// The last wait for something to read; it may be over.
        var waiting: Readiness.Token?
    }

    private let queue: DispatchQueue
    private let state: Mutex<State>

    init(adopting descriptor: Int32, label: String) {
        self.queue = DispatchQueue(label: "pipe.\(label)")
        state = Mutex(State(descriptor: descriptor))
        // Fails when the user's pipe budget is used up: the pipe then keeps its smaller size and still works.
        _ = dr_set_pipe_capacity(descriptor, Self.capacity)
    }

    deinit { close() }

    /// Safe to call twice. A writer's close is the child's end of input.
    ///
    /// Nothing begins after it; what is under way ends first, so that its number is never that of another file meanwhile.
    public func close() {
        state.withLock { state in
            let old = state.descriptor
            state.descriptor = -1
            guard old >= 0 else { return }
            if let waiting = state.waiting { Readiness.shared.cancel(waiting) }
            queue.async { _ = systemClose(old) }
        }
    }

    /// The next bytes, at most `count`; empty at the end.
    /// - Throws: ``ProcessError`` with `.pipe`.
    public func read(upTo count: Int) async throws -> [UInt8] {
        while true {
            if let bytes = try await readNow(count) { return bytes }
            try await untilReadable()
        }
    }

    /// As many bytes as fit `count`, fewer only at the end.
    public func readFully(_ count: Int) async throws -> [UInt8] {
        var whole = try await read(upTo: count)
        if whole.isEmpty { return whole }
        whole.reserveCapacity(count)
        while whole.count < count {
            let piece = try await read(upTo: count - whole.count)
            if piece.isEmpty { break }
            whole += piece
        }
        return whole
    }

    /// nil: there is nothing yet.
    private func readNow(_ count: Int) async throws -> [UInt8]? {
        makeNonblocking()
        return try await onQueue { fd in
            var isEmpty = false
            let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count, let base = buffer.baseAddress {
                    let got = systemRead(fd, base + filled, count - filled)
                    if got < 0, errno == EINTR { continue }
                    if got < 0, errno == EAGAIN {
                        isEmpty = filled == 0
                        break
                    }
                    guard got >= 0 else { throw Self.failure("read") }
                    if got == 0 { break }
                    filled += got
                }
            }
            return isEmpty ? nil : bytes
        }
    }

    /// Our end alone: the child's is another open file.
    private func makeNonblocking() {
        state.withLock { state in
            guard !state.isNonblocking, state.descriptor >= 0 else { return }
            let flags = fcntl(state.descriptor, F_GETFL)
            state.isNonblocking = flags >= 0 && fcntl(state.descriptor, F_SETFL, flags | O_NONBLOCK) == 0
        }
    }

    /// Returns also when the end is closed meanwhile.
    private func untilReadable() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let answer = state.withLock { state -> Result<Void, any Error>? in
                guard state.descriptor >= 0 else { return .success(()) }
                state.waiting = Readiness.shared.wait(for: state.descriptor, continuation)
                return state.waiting == nil ? .failure(Self.failure("epoll")) : nil
            }
            if let answer { continuation.resume(with: answer) }
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
            let isOpen = state.withLock { state in
                let fd = state.descriptor
                guard fd >= 0 else { return false }
                queue.async { continuation.resume(with: Result { try body(fd) }) }
                return true
            }
            if !isOpen {
                continuation.resume(throwing: ProcessError(code: .pipe, program: "pipe", message: "it is closed"))
            }
        }
    }

    private static func failure(_ what: String) -> ProcessError {
        ProcessError(code: .pipe, program: what, message: String(cString: strerror(errno)))
    }
}

// `read`, `write` and `close` are also names of the methods above.
private func systemRead(_ fd: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(fd, buffer, count)
}
private func systemWrite(_ fd: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int { write(fd, buffer, count) }
private func systemClose(_ fd: Int32) -> Int32 { close(fd) }
