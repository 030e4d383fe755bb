import Synchronization

/// Work that several tasks wait for. It is cancelled when all of them have been, and so ends with whoever is ended.
final class SharedWork<Value: Sendable>: Sendable {
    private let task: Task<Value, any Error>
    private let waiting = Mutex(0)

    init(_ body: @escaping @Sendable () async throws -> Value) { task = Task { try await body() } }

    /// - Throws: what the work throws; `CancellationError` also to one who comes when all others have gone.
    func value() async throws -> Value {
        waiting.withLock { $0 += 1 }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            let isLast = waiting.withLock { count in
                count -= 1
                return count == 0
            }
            if isLast { task.cancel() }
        }
    }
}
