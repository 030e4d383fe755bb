import BackupArchive
import Foundation

extension VaultClient {
    /// Replaces everything that the server holds by a snapshot, and waits until it has taken hold: a server with other keys
    /// seals itself, one with the same becomes active anew.
    ///
    /// The server checks the snapshot's own digests before it changes anything; a stream that breaks off changes nothing.
    /// - Returns: Whether it was seen to take hold within that time; false where nobody knows.
    func restore(_ artifact: NamedArtifact, from source: any ArtifactSource, within patience: Duration) async throws
        -> Bool
    {
        let before = try await activeSince()
        try await source.read(artifact) { pieces in
            let cursor = PieceCursor(pieces)
            try await self.upload(
                "sys/storage/raft/snapshot-force", length: artifact.object.plainBytes,
                policy: "path \"sys/storage/raft/snapshot-force\" { capabilities = [\"create\", \"update\", \"sudo\"] }"
            ) { try await cursor.next() }
        }
        return try await waitForEffect(activeBefore: before, patience)
    }

    private func waitForEffect(activeBefore: String?, _ patience: Duration) async throws -> Bool {
        // The server answers before it has looked at the keys of what it got.
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            do {
                if try await sealStatus().isSealed { return true }
                let now = try await activeSince()
                if activeBefore != nil, now != activeBefore, now != nil { return true }
            } catch let error as VaultError where error.code == .sealed { return true } catch let error as VaultError
                where error.isRetriable
            {}
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

/// Pulls the pieces of one artifact for an upload.
private actor PieceCursor {
    private var iterator: PlainBytes.Iterator

    init(_ pieces: PlainBytes) { iterator = pieces.makeAsyncIterator() }

    func next() async throws -> [UInt8]? {
        var own = iterator
        let piece = try await own.next()
        iterator = own
        return piece
    }
}
