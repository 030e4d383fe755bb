extension ObjectStore {
    /// Uploads what `produce` writes, in parts, several at once. Memory: about (`parallel` + 2) parts.
    ///
    /// If anything fails or the task is cancelled, the upload is aborted and there is no object.
    public func upload<R: Sendable>(
        _ key: String, parallel: Int = 3, produce: (UploadSink) async throws -> R
    ) async throws -> (ObjectInfo, R) {
        let upload = try await beginUpload(key)
        let parts = BoundedChannel<(Int, [UInt8])>(capacity: 1)
        do {
            let result = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<parallel {
                    group.addTask {
                        do {
                            while let (number, bytes) = try await parts.receive() {
                                try await upload.write(part: number, bytes)
                            }
                        } catch {
                            // Wakes the producer, which may be waiting for room.
                            parts.fail(error)
                            throw error
                        }
                    }
                }
                do {
                    let sink = UploadSink(parts)
                    let result = try await withTaskCancellationHandler {
                        try await produce(sink)
                    } onCancel: {
                        parts.fail(CancellationError())
                    }
                    try await sink.flush()
                    parts.finish()
                    try await group.waitForAll()
                    return result
                } catch {
                    parts.fail(error)
                    throw error
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

/// Cuts what is written into parts.
public final class UploadSink {
    private let parts: BoundedChannel<(Int, [UInt8])>
    private var pending: [UInt8] = []
    private var number = 1

    init(_ parts: BoundedChannel<(Int, [UInt8])>) { self.parts = parts }

    /// S3 takes 10,000 parts: later ones are larger, so that 5 TiB fit and a small backup needs little memory.
    private var size: Int { number <= 2000 ? 8 << 20 : number <= 6000 ? 64 << 20 : 1280 << 20 }

    public func write(_ bytes: [UInt8]) async throws {
        if pending.isEmpty { pending.reserveCapacity(size + bytes.count) }
        pending += bytes
        while pending.count >= size {
            let part = pending.count == size ? pending : Array(pending[..<size])
            pending = pending.count == size ? [] : Array(pending[size...])
            try await parts.send((number, part))
            number += 1
        }
    }

    func flush() async throws {
        guard !pending.isEmpty || number == 1 else { return }
        try await parts.send((number, pending))
        pending = []
    }
}
