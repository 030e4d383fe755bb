import CPostgres
import Dispatch
import Synchronization

/// Asks the server to end the statement that a connection is running; from any thread, without blocking it.
///
/// libpq's cancel handle may be used while the connection is busy on its own thread; the request makes a connection
/// of its own and blocks, so it goes to a queue.
final class Canceller: Sendable {
    /// Held while a request is under way, so that the handle is not freed under it.
    private let handle = Mutex<CancelHandle?>(nil)
    private let requested = Mutex(false)
    private let queue = DispatchQueue(label: "postgres.cancel")

    func replace(with new: CancelHandle?) {
        handle.withLock { $0 = new }
    }

    var wasRequested: Bool { requested.withLock { $0 } }

    /// At the start of each call, before anything is sent.
    func arm() { requested.withLock { $0 = false } }

    func request() {
        let isFirst = requested.withLock { value in
            defer { value = true }
            return !value
        }
        guard isFirst else { return }
        queue.async { [self] in
            handle.withLock { handle in
                guard let handle else { return }
                // The answer says only whether the request was sent; the statement's own result tells the rest.
                var message = [CChar](repeating: 0, count: 256)
                _ = PQcancel(handle.pointer, &message, Int32(message.count))
            }
        }
    }

    /// Waits until a request that was made is delivered: it must not hit the next statement.
    /// Blocks: only on the connection's thread.
    func settle() { queue.sync {} }
}

/// The owner of one `PGcancel`. Unchecked, because libpq documents it as usable from every thread ("the PGcancel
/// object is read-only as far as PQcancel is concerned"); it is freed when no one holds it.
final class CancelHandle: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }
}
