public import BackupArchive
import Foundation

/// Puts the blocks of a backup back into a server's data folder.
public enum PrometheusRestore {
    public struct Report: Sendable, Hashable {
        /// Blocks that were put there.
        public var restored: Int
        /// Blocks that were there already: not touched.
        public var present: Int
        public var samples: Int64
        /// How many queries a server answered as the protected one did; nil when none was asked.
        public var compared: Int?
        public var warnings: [String]
    }

    /// Writes each missing block beside its place and renames it when every byte is on the disk. What is there is never
    /// touched: no block, no write-ahead log, no lock. Killed anywhere, the same call goes on.
    ///
    /// A running server looks for new blocks about once a minute, and one that starts, at its start.
    ///
    /// - Parameters:
    ///   - server: Where given, the call waits until it serves the restored samples.
    ///   - patience: How long.
    /// - Throws: ``PrometheusError``, `ArchiveError`, ``VerificationFailure``.
    public static func run(
        _ backup: Manifest, from source: any ArtifactSource, dataDirectory: String, server: PrometheusServer?,
        patience: Duration = .seconds(300),
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> Report {
        _ = try server?.checkedURL()
        let wanted = try PrometheusSystem.fingerprint(of: backup)
        let data = URL(filePath: dataDirectory, directoryHint: .isDirectory)
        try await SnapshotFolder(data: data, name: "").check()
        var report = Report(
            restored: 0, present: 0, samples: wanted.blocks.reduce(0) { $0 + $1.samples }, compared: nil, warnings: [])
        // Before anything is there, for it may be gone a minute later.
        if let server { report.warnings = await warnings(wanted, server) }
        for (index, block) in wanted.blocks.enumerated() {
            let place = data.appending(path: block.ulid)
            if try await onDisk({ FileManager.default.fileExists(atPath: place.path) }) {
                report.present += 1
                continue
            }
            progress("block \(index + 1) of \(wanted.blocks.count)")
            // A name that a starting server clears away itself.
            let fresh = data.appending(path: "\(block.ulid).tmp-for-creation")
            try await onDisk { try? FileManager.default.removeItem(at: fresh) }
            do {
                try await block.unpack(backup, from: source, into: fresh)
                try await onDisk {
                    try giveToOwner(of: data, fresh)
                    guard rename(fresh.path, place.path) == 0 else {
                        throw PrometheusError(
                            .dataDirectory, "the block \(block.ulid) cannot get its name in \(data.path)",
                            field: "dataDirectory", isRetriable: true)
                    }
                    try synchronize(data.path)
                }
            } catch {
                try? await onDisk { try FileManager.default.removeItem(at: fresh) }
                throw explained(error, data)
            }
            report.restored += 1
        }
        if let server, !wanted.probes.isEmpty {
            try await waitUntilServed(wanted.probes, server, patience, progress)
            report.compared = wanted.probes.count
        }
        return report
    }

    private static func explained(_ error: any Error, _ data: URL) -> any Error {
        guard let error = error as? CocoaError else { return error }
        let isFull = error.code == .fileWriteOutOfSpace
        return PrometheusError(
            isFull ? .diskFull : .dataDirectory, "\(data.path) cannot be written", field: "dataDirectory",
            mend: isFull ? "free or add disk space there" : "let dr write there", isRetriable: isFull)
    }

    /// A server that runs as another user must be able to read, and later to delete, what root has written.
    private static func giveToOwner(of data: URL, _ folder: URL) throws {
        guard geteuid() == 0 else { return }
        var owner = stat()
        guard lstat(data.path, &owner) == 0 else { throw CocoaError(.fileReadUnknown) }
        var paths = [folder.path]
        if let inner = FileManager.default.enumerator(atPath: folder.path) {
            while let name = inner.nextObject() as? String { paths.append("\(folder.path)/\(name)") }
        }
        for path in paths {
            guard lchown(path, owner.st_uid, owner.st_gid) == 0 else { throw CocoaError(.fileWriteNoPermission) }
        }
    }

    /// What a person should know before the blocks are there. A server that is down cannot be asked, and that is no failure.
    private static func warnings(_ wanted: PrometheusFingerprint, _ server: PrometheusServer) async -> [String] {
        let told = try? await PrometheusClient.with(server) { client in
            (try await client.retention(), try await client.head())
        }
        guard let (retention, head) = told else { return [] }
        var result: [String] = []
        if let limit = ServerRetention.milliseconds(retention) {
            let doomed = ServerRetention.outdated(wanted.blocks, newest: head.maxTime, retention: limit)
            if !doomed.isEmpty {
                result.append(
                    "the server keeps \(retention) and deletes \(doomed.count) of the \(wanted.blocks.count) blocks again: start it with a longer --storage.tsdb.retention.time"
                )
            }
        }
        if let newest = wanted.blocks.map(\.maxTime).max(), head.minTime < newest, head.numSeries > 0 {
            result.append(
                "the server has collected samples of its own of the time before the newest restored one: those that it has not yet written into a block are lost when it next starts"
            )
        }
        return result
    }

    private static func waitUntilServed(
        _ probes: [PrometheusFingerprint.Probe], _ server: PrometheusServer, _ patience: Duration,
        _ progress: @escaping @Sendable (String) -> Void
    ) async throws {
        progress("waiting until the samples are served")
        let deadline = ContinuousClock.now + patience
        try await PrometheusClient.with(server) { client in
            while true {
                var difference = ""
                do {
                    guard let found = try await firstMissing(probes, client) else { return }
                    difference = found
                } catch let error as PrometheusError where error.isRetriable {
                    difference = error.message
                }
                guard ContinuousClock.now < deadline else {
                    throw PrometheusError(
                        .notServed, "the blocks are in place, and the server does not serve them: \(difference)",
                        field: "url",
                        mend: "see its log; a server looks for new blocks once a minute and at its start",
                        isRetriable: true)
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// The server may have samples of its own beside the restored ones: it must answer with no less than what was recorded.
    private static func firstMissing(_ probes: [PrometheusFingerprint.Probe], _ client: PrometheusClient) async throws
        -> String?
    {
        for probe in probes {
            let found = try await client.number(probe.query, at: probe.time)
            if found < probe.value {
                return "\(probe.query) at \(PrometheusClient.seconds(probe.time)) is \(found) instead of \(probe.value)"
            }
        }
        return nil
    }
}
