import Synchronization

/// Seconds spent in each phase.
final class PhaseClock: Sendable {
    private struct State {
        var current: (phase: PostgresProgress.Phase, since: ContinuousClock.Instant)?
        var spent: [String: Double] = [:]
    }

    private let state = Mutex(State())

    func enter(_ phase: PostgresProgress.Phase) {
        state.withLock { state in
            let now = ContinuousClock.now
            if let current = state.current {
                let duration = (now - current.since).components
                state.spent[current.phase.rawValue, default: 0] +=
                    Double(duration.seconds) + Double(duration.attoseconds) / 1e18
            }
            state.current = (phase, now)
        }
    }

    var seconds: [String: Double] { state.withLock { $0.spent } }
}
