extension ObjectStore {
    /// Uploads what `produce` writes, in parts, several at once. Memory: some 40 MiB up to 8 GiB, 70 MiB up to 133 GiB.
    ///
    /// If anything fails or the task is cancelled, the upload is aborted and there is no object. The error that is thrown
    /// is the one that came first: one that `produce` got from a failed part is told as the part's.
    public func upload<R: Sendable>(
        _ key: String, parallel: Int = 3, produce: (UploadSink) async throws -> R
    ) async throws -> (ObjectInfo, R) {
        let upload = try await beginUpload(key)
        let parts = PartQueue(capacity: max(1, parallel))
        let sink = UploadSink(parts)
        do {
            let result = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<max(1, parallel) {
                    group.addTask { try await parts.work(upload) }
                }
                do {
                    let result = try await withTaskCancellationHandler {
                        try await produce(sink)
                    } onCancel: {
                        parts.fail(CancellationError())
                    }
                    try await sink.flush()
                    try await group.waitForAll()
                    return result
                } catch {
                    // Wakes the workers; nothing happens if a worker failed before.
                    parts.fail(error)
                    throw parts.failure ?? error
                }
            }
            return (try await upload.finish(), result)
        } catch {
            await upload.abort()
            throw error
        }
    }

    /// Reads an object by ranges, several at once, and gives the pieces in order.
    public func download(
        _ info: ObjectInfo, piece: Int64 = 8 << 20, parallel: Int = 3, deliver: ([UInt8]) async throws -> Void
    ) async throws {
        var next: Int64 = 0
        var delivered: Int64 = 0
        try await withThrowingTaskGroup(of: (Int64, [UInt8]).self) { group in
            var early: [Int64: [UInt8]] = [:]
            func begin() {
                guard next < info.size else { return }
                let range = next..<min(next + piece, info.size)
                next = range.upperBound
                group.addTask {
                    let bytes = try await get(info.key, range: range, ifMatch: info.etag)
                    guard bytes.count == range.count else {
                        throw ObjectStoreError(
                            .corrupt, "the store gave \(bytes.count) bytes instead of \(range.count)", key: info.key)
                    }
                    return (range.lowerBound, bytes)
                }
            }
            for _ in 0..<parallel { begin() }
            while let (offset, bytes) = try await group.next() {
                early[offset] = bytes
                while let bytes = early.removeValue(forKey: delivered) {
                    delivered += Int64(bytes.count)
                    try await deliver(bytes)
                    begin()
                }
            }
        }
        guard delivered == info.size else {
            throw ObjectStoreError(.corrupt, "only \(delivered) of \(info.size) bytes came", key: info.key)
        }
    }
}
