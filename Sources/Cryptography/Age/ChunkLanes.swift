import Dispatch
import Synchronization

/// Ciphers of one key, one for each thread that works on a run of chunks at the same time. Chunks do not depend on
/// each other, so a run can be cut into as many spans as there are lanes; the result is the same.
struct ChunkLanes {
    private let ciphers: [ChaCha20Poly1305]
    /// Waking a thread takes about as long as this many chunks.
    private static let leastChunks = 2

    init(count: Int, key: [UInt8], sealing: Bool) throws(CryptographyError) {
        var ciphers: [ChaCha20Poly1305] = []
        for _ in 0..<max(1, count) { ciphers.append(try ChaCha20Poly1305(key: key, sealing: sealing)) }
        self.ciphers = ciphers
    }

    var first: ChaCha20Poly1305 { ciphers[0] }

    /// Calls `body` for 0..<count. The caller's thread takes part, and waits only for spans as short as its own.
    /// - Throws: what `body` threw for the smallest number that failed.
    func forEach<Failure: Error>(
        _ count: Int, _ body: (ChaCha20Poly1305, Int) throws(Failure) -> Void
    ) throws(Failure) {
        let lanes = min(ciphers.count, count / Self.leastChunks)
        guard lanes > 1 else {
            for index in 0..<count { try body(ciphers[0], index) }
            return
        }
        let failure = Mutex<(index: Int, error: Failure)?>(nil)
        withoutActuallyEscaping(body) { body in
            let job = Job(ciphers: ciphers, body: body)
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                for index in (count * lane / lanes)..<(count * (lane + 1) / lanes) {
                    do throws(Failure) { try job.body(job.ciphers[lane], index) } catch {
                        failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
                        return
                    }
                }
            }
        }
        if let failed = failure.withLock({ $0 }) { throw failed.error }
    }

    /// What the lanes share. Unchecked, because the compiler cannot see what makes it right: lane n alone uses cipher
    /// n; the bodies write to places of their own; and `concurrentPerform` returns after every lane has ended, so that
    /// nothing outlives the caller's pointers.
    private struct Job<Failure: Error>: @unchecked Sendable {
        let ciphers: [ChaCha20Poly1305]
        let body: (ChaCha20Poly1305, Int) throws(Failure) -> Void
    }
}
