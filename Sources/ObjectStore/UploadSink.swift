import Synchronization

/// Cuts what is written into parts. Belongs to one task.
public final class UploadSink {
    let parts: PartQueue
    private var pending: [UInt8] = []
    private var number = 1

    /// A part is cut when it is full: what comes in one call beyond that has room without moving the part.
    private static let slack = 3 << 20

    init(_ parts: PartQueue) { self.parts = parts }

    public func write(_ bytes: [UInt8]) async throws {
        try await write { $0 += bytes }
    }

    /// As ``write(_:)``, with no copy: `fill` appends to the part itself.
    public func write<R>(filling fill: (inout [UInt8]) throws -> R) async throws -> R {
        if pending.capacity == 0 { pending.reserveCapacity(PartPlan.size(of: number) + Self.slack) }
        let result = try fill(&pending)
        while pending.count >= PartPlan.size(of: number) { try await cut(PartPlan.size(of: number)) }
        return result
    }

    /// Calls `act` once if a part cannot be stored: a producer that waits for something else learns it only so.
    public func onFailure(_ act: @escaping @Sendable (any Error) -> Void) { parts.onFailure(act) }

    private func cut(_ size: Int) async throws {
        guard number <= PartPlan.limit else {
            throw ObjectStoreError(.unsupported, "an object cannot be larger than 5 TiB")
        }
        var part: [UInt8] = []
        swap(&part, &pending)
        if part.count > size {
            // Only what is too much moves.
            pending.reserveCapacity(max(PartPlan.size(of: number + 1), part.count - size) + Self.slack)
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
    private let first = Mutex<(error: (any Error)?, act: (@Sendable (any Error) -> Void)?)>((nil, nil))

    init(capacity: Int) { channel = BoundedChannel(capacity: capacity) }

    /// What went wrong first.
    var failure: (any Error)? { first.withLock { $0.error } }

    func onFailure(_ act: @escaping @Sendable (any Error) -> Void) {
        let error = first.withLock { first in
            first.act = act
            return first.error
        }
        if let error { act(error) }
    }

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
        let act = first.withLock { first -> (@Sendable (any Error) -> Void)? in
            guard first.error == nil else { return nil }
            first.error = error
            return first.act
        }
        channel.fail(error)
        budget.fail(error)
        act?(error)
    }
}
