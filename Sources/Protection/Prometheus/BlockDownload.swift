import BackupArchive
import Foundation
import Synchronization

extension PrometheusFingerprint.Block {
    /// Unpacks this block of a backup into a new folder, each file held against its digest and on the disk when it returns.
    /// - Throws: `ArchiveError`; ``VerificationFailure`` for a block that is not what was backed up.
    func unpack(_ backup: Manifest, from source: any ArtifactSource, into folder: URL) async throws {
        let artifact = try backup.artifact(artifactName)
        do {
            try await source.read(artifact) { pieces in
                let unpacking = try await onDisk { Held(try BlockUnpacking(self, into: folder)) }
                for try await piece in pieces {
                    try await onDisk { try unpacking.value.withLock { try $0.take(piece) } }
                }
                try await onDisk { try unpacking.value.withLock { try $0.end() } }
            }
        } catch let error as PrometheusError where error.code == .damaged {
            throw VerificationFailure(check: "blocks", error.message)
        }
    }
}

/// One task at a time writes, on the disk's queue.
private final class Held: Sendable {
    let value: Mutex<BlockUnpacking>
    init(_ value: sending BlockUnpacking) { self.value = Mutex(value) }
}
