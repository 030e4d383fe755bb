public import Foundation

/// A system that a policy protects: how it is backed up.
///
/// Bringing it back differs too much from system to system to be one call: each has its own restore, which a step of a
/// plan runs.
public protocol ProtectedSystem: Sendable {
    /// The member of a policy's `spec.source`, and the `kind` of its manifests: `git`.
    static var kind: String { get }

    /// Whether a backup may keep artifacts of the one before. The default is false.
    static var isIncremental: Bool { get }

    /// Stores everything that a restore needs, and says what it is.
    ///
    /// Nothing is complete before the caller has written the manifest: killed before, the next attempt starts over
    /// under other keys. What this leaves on the protected system (a snapshot, a lock) it removes itself, also when it
    /// fails; what a killed attempt left, the next one removes.
    ///
    /// - Parameter previous: The newest complete backup of the same policy, for a system that is incremental; else nil. Its
    ///   artifacts may be kept with ``ArtifactSink/keep(_:)``.
    /// - Throws: ``ProtectionFailure``, `ObjectStoreError` or `CancellationError`.
    func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord
}

extension ProtectedSystem {
    public static var isIncremental: Bool { false }
}

/// A system whose backups can be proven.
public protocol VerifiableSystem: ProtectedSystem {
    /// Restores a backup elsewhere and compares it with what was recorded. Changes nothing of the protected system.
    ///
    /// - Parameter scratch: An empty folder for this verification alone; the caller removes it. Servers that are started
    ///   in it end with this call, and with the process.
    /// - Returns: What was found to hold; only with the level `restored` it is a proof.
    /// - Throws: ``VerificationFailure`` saying what is wrong with the backup; `ArchiveError` for an artifact that is
    ///   missing, cut off, changed, or not for this key; another error when it could not be found out.
    func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport
}

/// Takes the artifacts of one backup.
public protocol ArtifactSink: Sendable {
    /// Compresses, encrypts and stores what `body` writes. The object is there only if `body` returned and every byte
    /// was acknowledged.
    ///
    /// - Parameter name: Of the plain artifact, a file name: `mirror.bundle`. Not yet used in this backup.
    @discardableResult
    func store<R: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> R

    /// Counts an artifact of an earlier backup among this one's: it is not stored again, and not deleted while this
    /// backup needs it.
    func keep(_ artifact: NamedArtifact) async
}

/// Gives the artifacts of one backup back.
public protocol ArtifactSource: Sendable {
    /// Runs `body` beside the download. The bytes end only if they are all there and are those that were stored.
    func read<R: Sendable>(
        _ artifact: NamedArtifact, _ body: @escaping @Sendable (PlainBytes) async throws -> R
    ) async throws -> R
}

extension ArtifactSource {
    /// A whole artifact, for small ones.
    /// - Throws: `ArchiveError` with `.corrupt` when it is larger than `limit` bytes.
    public func bytes(_ artifact: NamedArtifact, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await read(artifact) { pieces in
            var whole: [UInt8] = []
            for try await piece in pieces {
                whole += piece
                guard whole.count <= limit else {
                    throw ArchiveError(.corrupt, key: artifact.object.key, "it is larger than \(limit) bytes")
                }
            }
            return whole
        }
    }

    /// Writes an artifact into a new file of mode 0600.
    public func download(_ artifact: NamedArtifact, to file: URL) async throws {
        try await read(artifact) { pieces in
            let descriptor = try FileDescriptorWriter(creating: file)
            defer { descriptor.close() }
            for try await piece in pieces { try await descriptor.write(piece) }
            try await descriptor.synchronize()
        }
    }
}
