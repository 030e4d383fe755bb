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
    /// then what was read is not proven.
    public func read<R: Sendable>(
        _ artifact: ArtifactInfo, body: @escaping @Sendable (PlainBytes) async throws -> R
    ) async throws -> R {
        let bytes = PlainBytes()
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                guard await bytes.wanted() else { return nil }
                do {
                    try await produce(artifact, into: bytes)
                    bytes.channel.finish()
                } catch {
                    bytes.channel.fail(error)
                }
                return nil
            }
            group.addTask {
                defer { bytes.end() }
                return try await withTaskCancellationHandler {
                    try await body(bytes)
                } onCancel: {
                    bytes.end()
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

    private func produce(_ artifact: ArtifactInfo, into bytes: PlainBytes) async throws {
        guard let info = try await store.head(artifact.key) else {
            throw ArchiveError(.missing, key: artifact.key, "the backup's object is not in the store")
        }
        guard info.size == artifact.bytes else {
            throw ArchiveError(
                .truncated, key: artifact.key, "the object has \(info.size) bytes, the manifest says \(artifact.bytes)")
        }
        try await withChild(Command("zstd", ["-q", "-d", "-c"])) { zstd in
            async let feeding: Void = {
                defer { zstd.input.close() }
                try await feed(artifact, info, zstd.input)
            }()
            do {
                while true {
                    let piece = try await zstd.output.readFully(1 << 20)
                    if piece.isEmpty { break }
                    try await bytes.channel.send(piece)
                }
            } catch {
                zstd.output.close()
                _ = try? await feeding
                throw error
            }
            try await feeding
        }
    }

    private func feed(_ artifact: ArtifactInfo, _ info: ObjectInfo, _ pipe: PipeEnd) async throws {
        let digest = SHA256()
        let decryptor = try AgeDecryptor(identities: identities)
        var plain: [UInt8] = []
        do {
            try await store.download(info) { piece in
                digest.update(piece)
                plain.removeAll(keepingCapacity: true)
                try decryptor.open(piece, into: &plain)
                if !plain.isEmpty { try await pipe.write(plain) }
            }
            plain.removeAll(keepingCapacity: true)
            try decryptor.finish(into: &plain)
            if !plain.isEmpty { try await pipe.write(plain) }
        } catch let error as AgeError {
            throw Self.explain(error, artifact.key)
        }
        guard digest.finalizeHex() == artifact.sha256 else {
            throw ArchiveError(.corrupt, key: artifact.key, "the object's SHA-256 is not the manifest's")
        }
    }

    private static func explain(_ error: AgeError, _ key: String) -> ArchiveError {
        switch error.code {
        case .noMatchingIdentity:
            ArchiveError(
                .wrongKey, key: key,
                "no identity that was given opens it: put the age identity of one of its recipients into identitySecret")
        case .truncated: ArchiveError(.truncated, key: key, "the encrypted object ends too early")
        default: ArchiveError(.corrupt, key: key, "the encrypted object was changed: \(error.message)")
        }
    }
}

/// The plain bytes of an artifact, in pieces, for one reader.
public struct PlainBytes: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    let channel = BoundedChannel<[UInt8]>(capacity: 4)
    private let gate = BoundedChannel<Bool>(capacity: 1)

    /// Whether the reader has begun; false when it ended without.
    func wanted() async -> Bool {
        let asked = try? await gate.receive()
        return asked == .some(.some(true))
    }

    func end() {
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
