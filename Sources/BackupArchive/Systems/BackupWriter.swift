public import Cryptography
public import Foundation
public import ObjectStore
import Synchronization

/// Stores the artifacts of one attempt at one backup, and in the end its manifest.
public final class BackupWriter: ArtifactSink {
    public let namespace: String
    public let policy: String
    public let backup: String
    private let store: any ObjectStore
    private let writer: ArtifactWriter
    /// Part of every key: an attempt that was given up and goes on somewhere never meets a later one.
    private let attempt: String
    private let artifacts = Mutex<[NamedArtifact]>([])

    public init(
        store: any ObjectStore, recipients: [AgeRecipient], namespace: String, policy: String, backup: String
    ) throws {
        self.store = store
        writer = ArtifactWriter(store: store, recipients: recipients)
        self.namespace = namespace
        self.policy = policy
        self.backup = backup
        attempt = try SecureRandom.hexString(byteCount: 6)
    }

    @discardableResult
    public func store<R: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> R {
        let key = BucketLayout.artifact(
            namespace: namespace, policy: policy, backup: backup, attempt: attempt, name: "\(name).zst.age")
        let (info, result) = try await writer.write(to: key, body: body)
        // Whole seconds: what comes back from the manifest is what was put in.
        let storedAt = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        artifacts.withLock { $0.append(NamedArtifact(name: name, backup: backup, storedAt: storedAt, object: info)) }
        return result
    }

    public func keep(_ artifact: NamedArtifact) async { artifacts.withLock { $0.append(artifact) } }

    /// The last act: with the manifest the backup is there.
    /// - Returns: The manifest in the store: another one if an earlier attempt had come so far.
    public func complete(
        _ record: BackupRecord, kind: String, source: String, startedAt: Date, finishedAt: Date, writer: String
    ) async throws -> Manifest {
        let artifacts = artifacts.withLock { $0 }
        // What earlier backups stored is kept from being deleted as long as what this one did.
        for artifact in artifacts where artifact.backup != backup { try await store.renewLock(artifact.object.key) }
        let manifest = Manifest(
            namespace: namespace, policy: policy, backup: backup, kind: kind, source: source, artifacts: artifacts,
            record: record,
            startedAt: startedAt, finishedAt: finishedAt, writer: writer)
        return try await Catalogue(store).add(manifest)
    }
}

/// Reads the artifacts of backups.
public struct BackupReader: ArtifactSource {
    private let store: any ObjectStore
    private let reader: ArtifactReader

    public init(store: any ObjectStore, identities: [AgeIdentity]) {
        self.store = store
        reader = ArtifactReader(store: store, identities: identities)
    }

    public func read<R: Sendable>(
        _ artifact: NamedArtifact, _ body: @escaping @Sendable (PlainBytes) async throws -> R
    ) async throws -> R {
        try await reader.read(artifact.object, body: body)
    }

    /// Reads what is stored, without opening it, and compares it with the manifest.
    /// - Throws: ``ArchiveError`` with `.missing`, `.truncated` or `.corrupt`; `ObjectStoreError`.
    public func compare(_ artifact: NamedArtifact) async throws {
        let object = artifact.object
        let info = try await ArtifactOpening.find(object, in: store)
        let digest = SHA256()
        try await store.download(info) { digest.update($0) }
        guard digest.finalizeHex() == object.sha256 else { throw ArtifactOpening.changed(object) }
    }
}
