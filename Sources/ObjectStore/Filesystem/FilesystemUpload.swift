import Synchronization

/// Parts are written in order: an early one waits for those before it, and its writer with it, so that no more parts
/// are in memory than there are writers.
final class FilesystemUpload: ObjectUpload {
    private struct State {
        var next = 1
        /// Set by the first part that could not be written, and by `abort`.
        var failure: (any Error)?
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private let file: ScratchSlot
    private let key: String
    private let store: FilesystemStore
    private let state = Mutex(State())

    init(file: ScratchSlot, key: String, store: FilesystemStore) {
        self.file = file
        self.key = key
        self.store = store
    }

    deinit { store.leave { [file] in file.empty() } }

    func write(part number: Int, _ bytes: [UInt8]) async throws {
        try await turn(of: number)
        do {
            try await store.call(isLong: true) { [file] in try file.use { try $0.write(bytes) } }
        } catch {
            fail(error)
            throw error
        }
        let following = state.withLock { state in
            state.next += 1
            return state.waiting.removeValue(forKey: state.next)
        }
        following?.resume()
    }

    private func turn(of number: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let ready: Result<Void, any Error>? = state.withLock { state in
                    if let failure = state.failure { return .failure(failure) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if number == state.next { return .success(()) }
                    if number < state.next || state.waiting[number] != nil {
                        return .failure(ObjectStoreError(.other, "part \(number) was given twice", key: key))
                    }
                    state.waiting[number] = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            // A part that is lacking leaves those after it without a place.
            fail(CancellationError())
        }
    }

    private func fail(_ error: any Error) {
        let waiting = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(throwing: error) }
    }

    func finish() async throws -> ObjectInfo {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            guard state.waiting.isEmpty else {
                throw ObjectStoreError(.other, "part \(state.next) is missing", key: key)
            }
        }
        return try await store.call(isLong: true) { [file] in try file.use { try $0.commit(replacing: true) } }
    }

    func abort() async {
        fail(ObjectStoreError(.other, "the upload was aborted", key: key))
        // It removes the file even when the task was cancelled.
        await store.clean { [file] in file.empty() }
    }
}
