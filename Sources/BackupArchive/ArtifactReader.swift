public import Cryptography
public import ObjectStore
import Processes

/// Reads an artifact back: parallel ranged download, digest, age, zstd.
public struct ArtifactReader: Sendable {
    private let store: any ObjectStore
    private let identities: [AgeIdentity]

    public init(store: any ObjectStore, identities: [AgeIdentity]) {
        self.store = store
        self.identities = identities
    }

    /// Runs `body` beside the download. Nothing is fetched before `body` asks for the bytes.
    ///
    /// The sequence ends only if the whole object came, has the digest of the manifest, and was opened to its end: until
    /// then what was read is not proven. If it cannot be read, that error is thrown, whatever `body` makes of it.
    /// - Throws: ``ArchiveError``, ``ObjectStoreError``, or what `body` threw.
    public func read<R: Sendable>(
        _ artifact: ArtifactInfo, body: @escaping @Sendable (PlainBytes) async throws -> R
    ) async throws -> R {
        let bytes = PlainBytes()
        let cause = FirstCause()
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                guard await bytes.wanted() else { return nil }
                do {
                    try await ArtifactOpening(artifact: artifact, store: store, identities: identities).run(into: bytes)
                    bytes.channel.finish()
                } catch {
                    if !bytes.hasEnded { cause.note(error) }
                    bytes.channel.fail(error)
                }
                return nil
            }
            group.addTask {
                defer { bytes.end() }
                do {
                    return try await withTaskCancellationHandler {
                        try await body(bytes)
                    } onCancel: {
                        bytes.end()
                    }
                } catch {
                    try Task.checkCancellation()
                    throw cause.error ?? error
                }
            }
            for try await result in group {
                if let result {
                    group.cancelAll()
                    return result
                }
            }
            throw CancellationError()
        }
    }
}
