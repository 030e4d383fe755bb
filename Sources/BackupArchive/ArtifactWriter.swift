public import Cryptography
public import ObjectStore
import Processes
import Synchronization

/// Puts plain bytes into the store: zstd, then age, then a multipart upload, all at once. No temporary file; memory does
/// not grow with the size.
public struct ArtifactWriter: Sendable {
    /// zstd's level 1 is smaller than pg_dump's own zlib and several times as fast.
    public static let level = 1

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
    /// The object appears only after `body` has returned and every byte is acknowledged. If anything throws there is none.
    public func write<R: Sendable>(
        to key: String, body: @escaping @Sendable (_ sink: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> (ArtifactInfo, R) {
        let plainBytes = ByteCount()
        let digest = SHA256()
        let encryptor = try AgeEncryptor(recipients: recipients)
        let (info, result) = try await store.upload(key) { upload in
            try await withChild(Command("zstd", ["-q", "-c", "-\(level)", "-T1"])) { zstd in
                async let produced: R = {
                    // Its end, good or bad, is zstd's end of input; without it the loop below would wait for ever.
                    defer { zstd.input.close() }
                    return try await body { bytes in
                        try await zstd.input.write(bytes)
                        plainBytes.value.withLock { $0 += Int64(bytes.count) }
                    }
                }()
                do {
                    var sealed: [UInt8] = []
                    while true {
                        let piece = try await zstd.output.readFully(1 << 20)
                        sealed.removeAll(keepingCapacity: true)
                        if piece.isEmpty {
                            try encryptor.finish(into: &sealed)
                        } else {
                            try encryptor.seal(piece, into: &sealed)
                        }
                        digest.update(sealed)
                        try await upload.write(sealed)
                        if piece.isEmpty { break }
                    }
                } catch {
                    // Breaks zstd's pipe, and so the writer's, which may be waiting for room in it.
                    zstd.output.close()
                    _ = try? await produced
                    throw error
                }
                return try await produced
            }
        }
        return (
            ArtifactInfo(key: key, bytes: info.size, plainBytes: plainBytes.value.withLock { $0 }, sha256: digest.finalizeHex()), result
        )
    }
}

private final class ByteCount: Sendable {
    let value = Mutex<Int64>(0)
}
