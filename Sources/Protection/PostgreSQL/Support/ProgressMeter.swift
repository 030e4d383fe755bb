import Synchronization

/// Counts what passes and tells it a few times a second.
final class ProgressMeter: Sendable {
    private struct State {
        var progress = PostgresProgress(phase: .connecting)
        var told: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let report: @Sendable (PostgresProgress) -> Void
    private static let interval = Duration.milliseconds(200)

    init(_ report: @escaping @Sendable (PostgresProgress) -> Void) { self.report = report }

    /// A new phase is told at once; its rows are counted anew.
    func enter(_ phase: PostgresProgress.Phase) {
        let progress = state.withLock { state in
            state.progress.phase = phase
            state.progress.rows = 0
            state.told = .now
            return state.progress
        }
        report(progress)
    }

    func add(bytes: Int = 0, rows: Int64 = 0) {
        let due = state.withLock { state -> PostgresProgress? in
            state.progress.bytes += Int64(bytes)
            state.progress.rows += rows
            let now = ContinuousClock.now
            if let told = state.told, now - told < Self.interval { return nil }
            state.told = now
            return state.progress
        }
        if let due { report(due) }
    }

    var bytes: Int64 { state.withLock { $0.progress.bytes } }
}
