import Foundation

/// Questions whose answers a restored server must give as well.
enum Probing {
    static let mostBlocks = 4
    /// A block with more is only counted at one instant: the protected server must not feel the backup.
    static let mostSamples: Int64 = 5_000_000
    static let everything = #"{__name__=~".+"}"#

    /// Which questions: at the middle of up to four blocks, evenly chosen, the oldest and the newest among them.
    static func questions(_ blocks: [BlockMeta], asked: Date) -> [(query: String, time: Int64)] {
        let sorted = blocks.sorted { ($0.minTime, $0.ulid) < ($1.minTime, $1.ulid) }
        let step = max(1, mostBlocks - 1)
        let chosen = sorted.count <= mostBlocks ? sorted : (0..<mostBlocks).map { sorted[$0 * (sorted.count - 1) / step] }
        // A scrape's samples have the time of its beginning and come later: the last seconds are still moving.
        let latest = Int64(asked.timeIntervalSince1970 * 1000) - 10_000
        return chosen.flatMap { block -> [(String, Int64)] in
            let time = min(block.minTime + (block.maxTime - 1 - block.minTime) / 2, latest)
            guard time >= block.minTime else { return [] }
            let count = ("count(\(everything))", time)
            let range = time - block.minTime + 1
            guard (block.stats?.numSamples ?? .max) <= mostSamples, range > 1 else { return [count] }
            // Of the functions over time only this one keeps the name, without which different series become the same.
            return [count, ("count(last_over_time(\(everything)[\(range)ms]))", time)]
        }
    }

    /// Asks. What cannot be asked is no reason to fail a backup: its bytes are proven without it.
    static func take(
        _ blocks: [BlockMeta], asked: Date, from client: PrometheusClient
    ) async -> (probes: [PrometheusFingerprint.Probe], lookback: String, warnings: [String]) {
        let lookback = (try? await client.flags())?["query.lookback-delta"] ?? "5m"
        if (try? await client.readsRemotely()) ?? false {
            return ([], lookback, ["the server has remote_read: its answers are not compared with those of the restored blocks"])
        }
        var probes: [PrometheusFingerprint.Probe] = []
        for question in questions(blocks, asked: asked) {
            do {
                let value = try await client.number(question.query, at: question.time)
                probes.append(PrometheusFingerprint.Probe(query: question.query, time: question.time, value: value))
            } catch {
                return (probes, lookback, ["not all queries for the comparison were answered: \(error)"])
            }
        }
        return (probes, lookback, [])
    }
}
