import ObjectStore
import Synchronization

/// The plain bytes of an artifact, in pieces, for one reader.
public final class PlainBytes: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    let channel = BoundedChannel<[UInt8]>(capacity: 4)
    private let gate = BoundedChannel<Bool>(capacity: 1)
    private let ended = Mutex(false)

    /// Whether the reader has begun; false when it ended without.
    func wanted() async -> Bool {
        let asked = try? await gate.receive()
        return asked == .some(.some(true))
    }

    /// Whether the reader wants no more.
    var hasEnded: Bool { ended.withLock { $0 } }

    func end() {
        ended.withLock { $0 = true }
        gate.finish()
        channel.fail(CancellationError())
    }

    public struct Iterator: AsyncIteratorProtocol {
        let channel: BoundedChannel<[UInt8]>
        let gate: BoundedChannel<Bool>
        var isStarted = false

        public mutating func next() async throws -> [UInt8]? {
            if !isStarted {
                isStarted = true
                try await gate.send(true)
            }
            return try await channel.receive()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(channel: channel, gate: gate) }
}
