public import BackupArchive
public import Foundation

extension PrometheusSystem {
    public func verify(
        _ backup: Manifest, from source: any ArtifactSource, scratch: URL,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> VerificationReport {
        let expected = try Self.fingerprint(of: backup)
        let data = scratch.appending(path: "data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        for (index, block) in expected.blocks.enumerated() {
            progress("unpacking block \(index + 1) of \(expected.blocks.count)")
            try await block.unpack(backup, from: source, into: data.appending(path: block.ulid))
        }
        progress("starting a server")
        do {
            try await ScratchPrometheus.with(blocks: data, in: scratch, lookback: expected.lookback) { client in
                progress("asking it")
                if let difference = try await Self.firstDifference(expected.probes, client) {
                    throw VerificationFailure(check: "queries", difference)
                }
                // Also where the protected server could not be asked: each block is opened and has something in it.
                for block in expected.blocks where block.isExpectedToShow {
                    let range = block.maxTime - 1 - block.minTime + 1
                    let query = "count(last_over_time(\(Probing.everything)[\(range)ms]))"
                    guard (try await client.number(query, at: block.maxTime - 1)) > 0 else {
                        throw VerificationFailure(
                            check: "server", "a server finds no series in the block \(block.ulid)")
                    }
                }
            }
        } catch let error as PrometheusError where error.code == .damaged {
            throw VerificationFailure(check: "server", error.message)
        }
        let samples = expected.blocks.reduce(0) { $0 + $1.samples }
        var checks: [VerificationReport.Check] = [
            .init("blocks", "\(expected.blocks.count) blocks with \(samples) samples unpacked, every file as it was"),
            .init("server", "a server of its own opened them"),
        ]
        if !expected.probes.isEmpty {
            checks.append(
                .init("queries", "it answers all \(expected.probes.count) queries as the protected server did"))
        }
        return VerificationReport(checks: checks)
    }

    /// In words, the first query that is answered otherwise than by the protected server.
    static func firstDifference(_ probes: [PrometheusFingerprint.Probe], _ client: PrometheusClient) async throws
        -> String?
    {
        for probe in probes {
            let found = try await client.number(probe.query, at: probe.time)
            if found != probe.value {
                return "\(probe.query) at \(PrometheusClient.seconds(probe.time)) is \(found) instead of \(probe.value)"
            }
        }
        return nil
    }
}

extension PrometheusFingerprint.Block {
    /// Whether a query over its whole range must find something: an empty list of deletions has nine bytes, and the last
    /// sample of a series may be a mark that it has ended, which no query shows.
    var isExpectedToShow: Bool {
        samples > 2 * series && samples <= Probing.mostSamples && files["tombstones"]?.bytes ?? 9 <= 9
    }
}
