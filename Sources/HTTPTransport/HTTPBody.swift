/// The answer's bytes in pieces, for one reader. What is not read stays in the network: at most about a megabyte waits
/// here. Letting the last reference go, or cancelling the task that reads, ends the exchange.
public struct HTTPBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    fileprivate final class Owner: Sendable {
        let transfer: Transfer
        init(_ transfer: Transfer) { self.transfer = transfer }
        deinit { transfer.cancel() }
    }

    fileprivate let owner: Owner

    init(_ transfer: Transfer) { owner = Owner(transfer) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let owner: Owner
        fileprivate init(_ owner: Owner) { self.owner = owner }
        public mutating func next() async throws -> [UInt8]? { try await owner.transfer.nextPiece() }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(owner) }

    /// The whole body.
    /// - Throws: ``HTTPError`` with `.tooLarge` above `limit` bytes.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self {
            guard bytes.count + piece.count <= limit else {
                throw HTTPError(
                    code: .tooLarge, message: "the answer is longer than \(limit) bytes",
                    url: owner.transfer.request.url)
            }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }
}
