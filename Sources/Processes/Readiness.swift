import CLinux
import Dispatch
import Synchronization

/// Waits for all pipes that have nothing to read, on one thread.
///
/// Not Dispatch's own sources: one that is cancelled on one thread while its event is on the way on Dispatch's manager thread is
/// freed under that thread's hands (libdispatch on Linux), and the process ends. Here events carry a number that is never
/// used again, so a late one finds nothing and is forgotten.
final class Readiness: Sendable {
    static let shared = Readiness()

    /// One wait. Never used twice.
    struct Token: Hashable, Sendable {
        let number: UInt64
    }

    private struct Wait {
        var descriptor: Int32
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        /// -1 until the first wait.
        var epoll: Int32 = -1
        var last: UInt64 = 0
        var waits: [UInt64: Wait] = [:]
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "pipes.readiness")

    /// Resumes the continuation, once, when the descriptor has something to read or its other end is gone.
    ///
    /// A descriptor must not be closed while it is waited for: ``cancel(_:)`` comes first.
    /// - Returns: nil, with the continuation untouched, when the system has no descriptors or memory left for it.
    func wait(for descriptor: Int32, _ continuation: CheckedContinuation<Void, any Error>) -> Token? {
        state.withLock { state in
            if state.epoll < 0 {
                state.epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
                guard state.epoll >= 0 else { return nil }
                let epoll = state.epoll
                queue.async { [self] in serve(epoll) }
            }
            state.last += 1
            var event = epoll_event(
                events: EPOLLIN.rawValue | EPOLLONESHOT.rawValue, data: epoll_data_t(u64: state.last))
            guard epoll_ctl(state.epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return nil }
            state.waits[state.last] = Wait(descriptor: descriptor, continuation: continuation)
            return Token(number: state.last)
        }
    }

    /// Resumes now. Nothing happens when it was resumed already.
    func cancel(_ token: Token) { end(token.number) }

    private func end(_ number: UInt64) {
        let wait = state.withLock { state -> Wait? in
            guard let wait = state.waits.removeValue(forKey: number) else { return nil }
            // Before anybody can close it: after that the number may be another file's.
            _ = epoll_ctl(state.epoll, EPOLL_CTL_DEL, wait.descriptor, nil)
            return wait
        }
        wait?.continuation.resume()
    }

    /// For as long as the process lives.
    private func serve(_ epoll: Int32) {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            // EINTR, and nothing else that a descriptor of ours could be answered with.
            guard count > 0 else { continue }
            for event in events.prefix(Int(count)) { end(event.data.u64) }
        }
    }
}
