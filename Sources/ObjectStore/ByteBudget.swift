import Synchronization

/// Lets so many bytes in at once; who comes when it is used up waits, in order. Something larger than all of it goes
/// alone.
final class ByteBudget: Sendable {
    private struct State {
        var used = 0
        var waiting: [(Int, CheckedContinuation<Void, any Error>)] = []
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(_ limit: Int) { self.limit = limit }

    func take(_ count: Int) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let answer: Result<Void, any Error>? = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                guard state.waiting.isEmpty, state.used == 0 || state.used + count <= limit else {
                    state.waiting.append((count, continuation))
                    return nil
                }
                state.used += count
                return .success(())
            }
            if let answer { continuation.resume(with: answer) }
        }
    }

    func give(_ count: Int) {
        let admitted = state.withLock { state in
            state.used -= count
            var admitted: [CheckedContinuation<Void, any Error>] = []
            while let (size, continuation) = state.waiting.first, state.used == 0 || state.used + size <= limit {
                state.used += size
                state.waiting.removeFirst()
                admitted.append(continuation)
            }
            return admitted
        }
        for continuation in admitted { continuation.resume() }
    }

    /// Who waits gets the error, and who comes later.
    func fail(_ error: any Error) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.waiting = [] }
            return state.waiting
        }
        for (_, continuation) in waiting { continuation.resume(throwing: error) }
    }
}
