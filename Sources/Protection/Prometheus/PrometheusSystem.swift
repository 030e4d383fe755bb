public import BackupArchive
public import Foundation

/// A Prometheus server as a protected system: a snapshot of its TSDB, each block an artifact of its own.
///
/// A block never changes, so one that an earlier backup has stored is kept, and a backup stores what is new: the head, and
/// what was compacted since. The union of a manifest's blocks is what the server had; where compaction has merged blocks, the
/// merged one is new and those it came from are no longer named.
public struct PrometheusSystem: VerifiableSystem {
    public static let kind = "prometheus"
    public static let isIncremental = true

    let server: PrometheusServer
    /// What the server is given as `--storage.tsdb.path`, as this process sees it.
    let data: URL
    /// Tells this policy's snapshots from others'.
    let name: String
    let now: @Sendable () -> Date

    public init(
        server: PrometheusServer, dataDirectory: String, name: String, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.server = server
        data = URL(filePath: dataDirectory, directoryHint: .isDirectory)
        self.name = name
        self.now = now
    }

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        let snapshots = SnapshotFolder(data: data, name: name)
        try await snapshots.check()
        try await snapshots.removeLeftover()
        return try await PrometheusClient.with(server) { client in
            // A wrong address or password is told before anything is written down or asked for.
            let version = try await client.version()
            progress("asking the server")
            // A compaction may take a block away while they are read: then fewer questions are asked.
            let present = (try? await BlockFolder.list(data)) ?? []
            let probing = await Probing.before(present.map(\.meta), asked: now(), from: client)
            let asked = now()
            var note = SnapshotNote(before: try await snapshots.names(), askedAt: asked)
            try await snapshots.write(note)
            progress("waiting for the snapshot")
            do { note.name = try await client.snapshot() } catch {
                // The server may have made it all the same. It goes on when we do not wait, and then the note is needed.
                if let failure = error as? PrometheusError,
                    [.adminDisabled, .authenticationFailed, .forbidden].contains(failure.code)
                {
                    try await snapshots.removeNote()
                }
                throw error
            }
            guard let snapshot = note.name else { throw PrometheusError(.malformedAnswer, "the snapshot has no name") }
            let outcome: Result<BackupRecord, any Error>
            do {
                try await snapshots.write(note)
                outcome = .success(
                    try await store(
                        try await snapshots.folder(of: snapshot), asked: asked, probing, version: version,
                        after: previous, client, into: sink,
                        progress: progress))
            } catch { outcome = .failure(error) }
            // Also when the task was cancelled: nothing of this waits on anything but the disk.
            do {
                try await snapshots.remove(snapshot)
                try await snapshots.removeNote()
            } catch { if case .success = outcome { throw error } }
            return try outcome.get()
        }
    }

    private func store(
        _ snapshot: URL, asked: Date, _ probing: Probing, version: String, after previous: Manifest?,
        _ client: PrometheusClient, into sink: any ArtifactSink,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        let folders = try await BlockFolder.list(snapshot)
        let probing = await probing.after(from: client)
        let known = previous.flatMap { try? Self.fingerprint(of: $0) }
        var blocks: [PrometheusFingerprint.Block] = []
        for (index, folder) in folders.enumerated() {
            progress("block \(index + 1) of \(folders.count)")
            if let before = known?.blocks.first(where: { $0.ulid == folder.meta.ulid }),
                let artifact = try? previous?.artifact(before.artifactName),
                try await folder.isUnchanged(since: before)
            {
                await sink.keep(artifact)
                blocks.append(before)
                continue
            }
            let files = try await sink.store("block-\(folder.meta.ulid).tar") { write in try await folder.tar(write) }
            blocks.append(
                PrometheusFingerprint.Block(
                    ulid: folder.meta.ulid, minTime: folder.meta.minTime, maxTime: folder.meta.maxTime,
                    samples: folder.meta.stats?.numSamples ?? 0, series: folder.meta.stats?.numSeries ?? 0, files: files
                ))
        }
        let fingerprint = PrometheusFingerprint(blocks: blocks, probes: probing.probes, lookback: probing.lookback)
        // A server that has stopped collecting must not look as if it could be brought back to now. Blocks end one
        // millisecond after their newest sample, compacted ones with their range.
        let newest = blocks.map(\.maxTime).max().map { Date(timeIntervalSince1970: Double($0 - 1) / 1000) }
        return BackupRecord(
            recoveryPoint: newest.map { min($0, asked) } ?? asked, serverVersion: version,
            counts: ["blocks": Int64(blocks.count), "samples": blocks.reduce(0) { $0 + $1.samples }],
            fingerprint: try fingerprint.canonicalJSON, warnings: probing.warnings)
    }

    /// What a backup recorded.
    /// - Throws: `ArchiveError` with `.corrupt`.
    static func fingerprint(of backup: Manifest) throws -> PrometheusFingerprint {
        guard let fingerprint = try? PrometheusFingerprint(canonicalJSON: backup.record.fingerprint),
            fingerprint.blocks.allSatisfy({ BlockMeta.isULID($0.ulid) })
        else { throw ArchiveError(.corrupt, key: backup.backup, "the manifest's fingerprint cannot be read") }
        return fingerprint
    }
}
