public import Cryptography
public import ObjectStore
import Foundation
import Processes
import Synchronization

/// Puts plain bytes into the store: zstd, then age, then a multipart upload, all at once. No temporary file; memory does
/// not grow with the size.
public struct ArtifactWriter: Sendable {
    /// zstd's level 1 is smaller than pg_dump's own zlib and several times as fast.
    public static let level = 1

    /// Compressed bytes sealed at once: enough chunks of age's for two threads to be worth waking.
    static let piece = 2 << 20

    private let store: any ObjectStore
    private let recipients: [AgeRecipient]
    private let level: Int

    public init(store: any ObjectStore, recipients: [AgeRecipient], level: Int = level) {
        self.store = store
        self.recipients = recipients
        self.level = level
    }

    /// Runs `body`, which gives the plain bytes to its argument in order, and stores them.
    ///
    /// The object appears only after `body` has returned and every byte is acknowledged. If anything throws there is none,
    /// and the error is the first that happened: a full store is told as such, and not as the broken pipes it caused.
    /// - Throws: ``ObjectStoreError``, ``ProcessError`` of zstd, ``ArchiveError`` with `.unknownFormat`, or what `body` threw.
    public func write<R: Sendable>(
        to key: String,
        body: @escaping @Sendable (_ sink: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> (ArtifactInfo, R) {
        try await BucketFormat.establish(store)
        let cause = FirstCause()
        let source = PlainSource(body: body, cause: cause)
        let digest = SHA256()
        do {
            let encryptor = try AgeEncryptor(
                recipients: recipients, threads: min(2, ProcessInfo.processInfo.activeProcessorCount))
            let (info, result) = try await store.upload(key) { upload in
                try await withChild(Command("zstd", ["-q", "-c", "-\(level)", "-T1"])) { zstd in
                    let pieces = BoundedChannel<[UInt8]>(capacity: 1)
                    upload.onFailure { pieces.fail($0) }
                    return try await source.compressed(by: zstd, through: pieces) { piece in
                        try await upload.write { part in
                            let before = part.count
                            if let piece {
                                try encryptor.seal(piece, into: &part)
                            } else {
                                try encryptor.finish(into: &part)
                            }
                            part.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[before...])) }
                        }
                    }
                }
            }
            return (
                ArtifactInfo(key: key, bytes: info.size, plainBytes: source.count, sha256: digest.finalizeHex()), result
            )
        } catch {
            try Task.checkCancellation()
            throw cause.error ?? error
        }
    }
}

/// Feeds a compressor with what `body` gives, and takes its output, both at once.
private final class PlainSource<R: Sendable>: Sendable {
    typealias Sink = @Sendable ([UInt8]) async throws -> Void

    private let body: @Sendable (@escaping Sink) async throws -> R
    private let cause: FirstCause
    private let bytes = Mutex<Int64>(0)

    init(body: @escaping @Sendable (@escaping Sink) async throws -> R, cause: FirstCause) {
        self.body = body
        self.cause = cause
    }

    var count: Int64 { bytes.withLock { $0 } }

    /// - Parameter take: gets the output in pieces, and last nil.
    func compressed(
        by zstd: ChildStreams, through pieces: BoundedChannel<[UInt8]>, take: ([UInt8]?) async throws -> Void
    ) async throws -> R {
        try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await self.feed(zstd.input) }
            group.addTask {
                try await Self.drain(zstd.output, into: pieces)
                return nil
            }
            do {
                while let piece = try await pieces.receive() { try await take(piece) }
                try await take(nil)
                var result: R?
                for try await value in group { result = value ?? result }
                guard let result else { throw CancellationError() }
                return result
            } catch {
                // A lost pipe is zstd's: how that ended says more.
                if !(error is ProcessError) { cause.note(error) }
                pieces.fail(error)
                group.cancelAll()
                throw error
            }
        }
    }

    private func feed(_ pipe: PipeEnd) async throws -> R {
        // Its end, good or bad, is zstd's end of input; without it the reader would wait for ever.
        defer { pipe.close() }
        let lost = FirstCause()
        do {
            return try await body { piece in
                do { try await pipe.write(piece) } catch {
                    lost.note(error)
                    throw error
                }
                self.bytes.withLock { $0 += Int64(piece.count) }
            }
        } catch {
            // What `body` makes of a sink that failed is no cause.
            if let lost = lost.error { throw lost }
            cause.note(error)
            throw error
        }
    }

    /// Closes the pipe when nobody wants more, which ends zstd, and then the writer that waits for room in its input.
    private static func drain(_ pipe: PipeEnd, into pieces: BoundedChannel<[UInt8]>) async throws {
        defer { pipe.close() }
        do {
            while true {
                let piece = try await pipe.readFully(ArtifactWriter.piece)
                if piece.isEmpty { break }
                try await pieces.send(piece)
            }
            pieces.finish()
        } catch {
            pieces.fail(error)
            throw error
        }
    }
}
