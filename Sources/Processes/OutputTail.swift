import Synchronization

/// The last of what a program wrote: at most 4 KiB, trimmed.
final class OutputTail: Sendable {
    private static let limit = 4096
    private let kept = Mutex<[UInt8]>([])

    /// Reads to the end.
    func fill(from pipe: PipeEnd) async {
        while let piece = try? await pipe.read(upTo: 16 << 10), !piece.isEmpty {
            kept.withLock { kept in
                kept += piece
                if kept.count > 2 * Self.limit { kept.removeFirst(kept.count - Self.limit) }
            }
        }
    }

    var text: String {
        let text = kept.withLock { String(decoding: $0.suffix(Self.limit), as: UTF8.self) }
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
