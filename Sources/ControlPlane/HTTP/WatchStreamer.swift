import Hummingbird
import NIOCore
import Synchronization

/// Runs a watch on a connection: ends it when the client goes, and drops a client that takes nothing.
struct WatchStreamer: Sendable {
    var session: WatchSession
    var channel: any Channel
    var stallTimeout: Duration

    @concurrent
    func stream(to writer: inout any ResponseBodyWriter) async throws {
        let (bell, id, ring) = session.hub.subscribe()
        defer { session.hub.unsubscribe(id) }
        channel.closeFuture.whenComplete { _ in ring.finish() }
        let schedule = WatchSchedule(timing: session.timing, sendsBookmarks: session.sendsBookmarks)
        let timer = WatchTimer(schedule: schedule, ring: ring, loop: channel.eventLoop)
        timer.start()
        defer { timer.cancel() }
        let progress = Progress()
        let guardian = guardAgainstStall(progress)
        defer { guardian.cancel() }
        // The head must reach the client before the first event, which may be far off.
        try await writer.write(ByteBuffer())
        try await session.run(bell: bell, schedule: schedule) { piece in
            progress.begin()
            try await writer.write(ByteBuffer(bytes: piece))
            progress.end()
        }
    }

    /// Closes the connection when one write takes longer than the timeout: the client has stopped reading, and a write
    /// that waits for it would wait for ever.
    private func guardAgainstStall(_ progress: Progress) -> RepeatedTask {
        let pause = TimeAmount.nanoseconds(Int64(stallTimeout / .nanoseconds(1)))
        let channel = self.channel
        return channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            if progress.isStuck() { channel.close(promise: nil) }
        }
    }

    /// Counts writes and remembers which one was under way at the last look.
    private final class Progress: Sendable {
        private let state: Mutex<(count: Int, isWriting: Bool, seen: Int)> = Mutex((0, false, 0))

        func begin() {
            state.withLock { state in
                state.count += 1
                state.isWriting = true
            }
        }

        func end() { state.withLock { $0.isWriting = false } }

        /// Whether the write that is under way was so at the last look too.
        func isStuck() -> Bool {
            state.withLock { state in
                defer { state.seen = state.isWriting ? state.count : 0 }
                return state.isWriting && state.seen == state.count
            }
        }
    }
}

/// Rings a watch's bell at the times at which something is due, on the connection's event loop.
final class WatchTimer: Sendable {
    private let schedule: WatchSchedule
    private let ring: WatchHub.Doorbell.Continuation
    private let loop: any EventLoop
    private let task: Mutex<(next: Scheduled<Void>?, isCancelled: Bool)> = Mutex((nil, false))

    init(schedule: WatchSchedule, ring: WatchHub.Doorbell.Continuation, loop: any EventLoop) {
        self.schedule = schedule
        self.ring = ring
        self.loop = loop
    }

    func start() { next(schedule.pauses()[...]) }

    func cancel() {
        let next = task.withLock { state in
            state.isCancelled = true
            return state.next
        }
        next?.cancel()
    }

    private func next(_ pauses: ArraySlice<Duration>) {
        guard let pause = pauses.first else { return }
        task.withLock { state in
            if state.isCancelled { return }
            state.next = loop.scheduleTask(in: .nanoseconds(Int64(pause / .nanoseconds(1)))) { [self] in
                schedule.advance(by: pause)
                ring.yield()
                next(pauses.dropFirst())
            }
        }
    }
}
