import Synchronization

/// Cuts what is written into parts. Belongs to one task.
public final class UploadSink {
    let parts: PartQueue
    private var pending: [UInt8] = []
    private var number = 1

    init(_ parts: PartQueue) { self.parts = parts }

    public func write(_ bytes: [UInt8]) async throws {
        try await write { $0 += bytes }
    }

    /// As ``write(_:)``, with no copy: `fill` appends to the part itself.
    public func write<R>(filling fill: (inout [UInt8]) throws -> R) async throws -> R {
        if pending.capacity == 0 { pending.reserveCapacity(PartPlan.size(of: number)) }
        let result = try fill(&pending)
        while pending.count >= PartPlan.size(of: number) { try await cut(PartPlan.size(of: number)) }
        return result
    }

    private func cut(_ size: Int) async throws {
        guard number <= PartPlan.limit else {
            throw ObjectStoreError(.unsupported, "an object cannot be larger than 5 TiB")
        }
        var part: [UInt8] = []
        swap(&part, &pending)
        if part.count > size {
            // Only what is too much moves.
            pending.reserveCapacity(max(PartPlan.size(of: number + 1), part.count - size))
            pending += part[size...]
            part.removeLast(part.count - size)
        }
        try await parts.send(number, part)
        number += 1
    }

    /// An empty object has one empty part.
    func flush() async throws {
        if !pending.isEmpty || number == 1 { try await cut(pending.count) }
        parts.finish()
    }
}

/// Parts on their way to the workers.
final class PartQueue: Sendable {
    private let channel: BoundedChannel<(Int, [UInt8])>
    private let budget = ByteBudget(PartPlan.budget)
    private let first = Mutex<(any Error)?>(nil)

    init(capacity: Int) { channel = BoundedChannel(capacity: capacity) }

    /// What went wrong first.
    var failure: (any Error)? { first.withLock { $0 } }

    func send(_ number: Int, _ bytes: [UInt8]) async throws {
        try await budget.take(bytes.count)
        try await channel.send((number, bytes))
    }

    /// Gives parts to the upload until there are no more.
    func work(_ upload: any ObjectUpload) async throws {
        do {
            while let (number, bytes) = try await channel.receive() {
                try await upload.write(part: number, bytes)
                budget.give(bytes.count)
            }
        } catch {
            // Wakes the producer, which may be waiting for room.
            fail(error)
            throw failure ?? error
        }
    }

    func finish() { channel.finish() }

    func fail(_ error: any Error) {
        first.withLock { $0 = $0 ?? error }
        channel.fail(error)
        budget.fail(error)
    }
}
