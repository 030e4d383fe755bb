import Synchronization

/// What went wrong first. Everything that a failure breaks fails too, and says less.
final class FirstCause: Sendable {
    private let first = Mutex<(any Error)?>(nil)

    var error: (any Error)? { first.withLock { $0 } }

    func note(_ error: any Error) {
        // A cancellation is a consequence, unless nothing else comes.
        if error is CancellationError { return }
        first.withLock { $0 = $0 ?? error }
    }
}
