import Synchronization

/// A queue between tasks that holds a few elements: a fast writer waits, and so does a fast reader.
public final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var failure: (any Error)?
        var readers: [CheckedContinuation<Element?, any Error>] = []
        var writers: [(Element, CheckedContinuation<Void, any Error>)] = []
    }

    private enum SendStep { case hand(CheckedContinuation<Element?, any Error>), done, failed(any Error), wait }
    private enum ReceiveStep { case value(Element?, CheckedContinuation<Void, any Error>?), failed(any Error), wait }

    private let state = Mutex(State())
    private let capacity: Int

    public init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Waits while the channel is full.
    /// - Throws: what it was failed with.
    public func send(_ element: Element) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let step = state.withLock { state -> SendStep in
                if let failure = state.failure { return .failed(failure) }
                if state.isFinished { return .failed(CancellationError()) }
                if !state.readers.isEmpty { return .hand(state.readers.removeFirst()) }
                if state.elements.count < capacity {
                    state.elements.append(element)
                    return .done
                }
                state.writers.append((element, continuation))
                return .wait
            }
            switch step {
            case .hand(let reader):
                reader.resume(returning: element)
                continuation.resume()
            case .done: continuation.resume()
            case .failed(let error): continuation.resume(throwing: error)
            case .wait: break
            }
        }
    }

    /// The next element, nil when the channel is finished and empty.
    public func receive() async throws -> Element? {
        try await withCheckedThrowingContinuation { continuation in
            let step = state.withLock { state -> ReceiveStep in
                if let failure = state.failure { return .failed(failure) }
                if !state.elements.isEmpty {
                    let element = state.elements.removeFirst()
                    guard !state.writers.isEmpty else { return .value(element, nil) }
                    let (next, writer) = state.writers.removeFirst()
                    state.elements.append(next)
                    return .value(element, writer)
                }
                if state.isFinished { return .value(nil, nil) }
                state.readers.append(continuation)
                return .wait
            }
            switch step {
            case .value(let element, let writer):
                writer?.resume()
                continuation.resume(returning: element)
            case .failed(let error): continuation.resume(throwing: error)
            case .wait: break
            }
        }
    }

    /// No further elements: readers get what is there, then nil.
    public func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume(returning: nil) }
    }

    /// Both sides get the error at once. The first one counts.
    public func fail(_ error: any Error) {
        let (readers, writers) = state.withLock { state in
            state.failure = state.failure ?? error
            state.elements = []
            defer {
                state.readers = []
                state.writers = []
            }
            return (state.readers, state.writers)
        }
        for reader in readers { reader.resume(throwing: error) }
        for (_, writer) in writers { writer.resume(throwing: error) }
    }
}
