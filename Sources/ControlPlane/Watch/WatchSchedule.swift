import Synchronization

/// When a watch sends bookmarks and when it ends, as offsets from its start.
final class WatchSchedule: Sendable {
    enum Due: Sendable, Hashable {
        case nothing, bookmark, end
    }

    private let timing: WatchSession.Timing
    private let sendsBookmarks: Bool
    private let state: Mutex<(elapsed: Duration, answered: Duration)> = Mutex((.zero, .zero))

    init(timing: WatchSession.Timing, sendsBookmarks: Bool) {
        self.timing = timing
        self.sendsBookmarks = sendsBookmarks
    }

    /// The pauses between the times at which something is due: each regular bookmark, one shortly before the end, the end.
    func pauses() -> [Duration] {
        var times: [Duration] = []
        if sendsBookmarks {
            var time = timing.bookmark
            let last = timing.timeout - timing.bookmarkBeforeEnd
            while time < last, times.count < 10_000 {
                times.append(time)
                time += timing.bookmark
            }
            if last > .zero { times.append(last) }
        }
        times.append(timing.timeout)
        var before = Duration.zero
        return times.map { time in
            defer { before = time }
            return time - before
        }
    }

    func advance(by pause: Duration) { state.withLock { $0.elapsed += pause } }

    /// What became due since the last question.
    func due() -> Due {
        state.withLock { state in
            if state.elapsed >= timing.timeout { return .end }
            if state.elapsed == state.answered { return .nothing }
            state.answered = state.elapsed
            return sendsBookmarks ? .bookmark : .nothing
        }
    }
}
