import Synchronization

/// Nobody receives any more.
struct ChannelClosed: Error {}

/// A queue of limited length between tasks: senders wait while it is full, receivers while it is empty. Several of
/// both may use it. Waiting ends with `CancellationError` when the task is cancelled.
final class BoundedChannel<Element: Sendable>: Sendable {
    private struct Waiting<Value: Sendable>: Sendable {
        var id: Int
        var continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var items: [Element] = []
        var isFinished = false
        var isClosed = false
        var receivers: [Waiting<Element?>] = []
        var senders: [(waiting: Waiting<Void>, item: Element)] = []
        var lastID = 0
        var cancelled: Set<Int> = []

        mutating func nextID() -> Int {
            lastID += 1
            return lastID
        }
    }

    // What to do with the continuations once the lock is given back.
    private enum AfterSend { case wait, resume, give(CheckedContinuation<Element?, any Error>), fail(any Error) }
    private enum AfterReceive { case wait, give(Element?, CheckedContinuation<Void, any Error>?), cancel }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    func send(_ item: Element) async throws {
        let id = state.withLock { $0.nextID() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let next = state.withLock { state -> AfterSend in
                    if state.cancelled.remove(id) != nil { return .fail(CancellationError()) }
                    if state.isClosed || state.isFinished { return .fail(ChannelClosed()) }
                    if !state.receivers.isEmpty { return .give(state.receivers.removeFirst().continuation) }
                    if state.items.count < capacity {
                        state.items.append(item)
                        return .resume
                    }
                    state.senders.append((Waiting(id: id, continuation: continuation), item))
                    return .wait
                }
                switch next {
                case .wait: break
                case .resume: continuation.resume()
                case .give(let receiver):
                    receiver.resume(returning: item)
                    continuation.resume()
                case .fail(let error): continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let index = state.senders.firstIndex(where: { $0.waiting.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.senders.remove(at: index).waiting.continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// nil when the channel is finished and empty.
    func receive() async throws -> Element? {
        let id = state.withLock { $0.nextID() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Element?, any Error>) in
                let next = state.withLock { state -> AfterReceive in
                    if state.cancelled.remove(id) != nil { return .cancel }
                    if !state.items.isEmpty {
                        let item = state.items.removeFirst()
                        guard !state.senders.isEmpty else { return .give(item, nil) }
                        let sender = state.senders.removeFirst()
                        state.items.append(sender.item)
                        return .give(item, sender.waiting.continuation)
                    }
                    if state.isFinished { return .give(nil, nil) }
                    state.receivers.append(Waiting(id: id, continuation: continuation))
                    return .wait
                }
                switch next {
                case .wait: break
                case .give(let item, let sender):
                    sender?.resume()
                    continuation.resume(returning: item)
                case .cancel: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
                guard let index = state.receivers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.receivers.remove(at: index).continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// No more items come. What is queued is still received.
    func finish() {
        let receivers = state.withLock { state in
            state.isFinished = true
            defer { state.receivers = [] }
            return state.receivers
        }
        for receiver in receivers { receiver.continuation.resume(returning: nil) }
    }

    /// A receiver has failed: senders get ``ChannelClosed``, and the other receivers the end.
    func close() {
        let (senders, receivers) = state.withLock { state in
            state.isClosed = true
            state.isFinished = true
            state.items = []
            defer {
                state.senders = []
                state.receivers = []
            }
            return (state.senders, state.receivers)
        }
        for sender in senders { sender.waiting.continuation.resume(throwing: ChannelClosed()) }
        for receiver in receivers { receiver.continuation.resume(returning: nil) }
    }
}
