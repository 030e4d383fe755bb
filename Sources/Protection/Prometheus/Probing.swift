import Foundation

/// Questions whose answers a restored server must give as well.
///
/// They are asked before the snapshot and once more after it, and only what was answered alike both times is recorded: a sample
/// that came late, a block that was deleted for its age, or a deletion meanwhile may be in the snapshot or not.
struct Probing: Sendable {
    static let mostBlocks = 4
    /// A block with more is only counted at one instant: the protected server must not feel the backup.
    static let mostSamples: Int64 = 5_000_000
    static let everything = #"{__name__=~".+"}"#

    /// What was answered before the snapshot.
    var probes: [PrometheusFingerprint.Probe] = []
    var lookback = "5m"
    var warnings: [String] = []

    /// Which questions: at the middle of up to four blocks, evenly chosen, the oldest and the newest among them.
    ///
    /// - Parameter settled: Milliseconds since 1970: what is younger may be in no snapshot although the server shows it.
    static func questions(_ blocks: [BlockMeta], asked: Date, settled: Int64 = .max) -> [(query: String, time: Int64)] {
        let sorted = blocks.sorted { ($0.minTime, $0.ulid) < ($1.minTime, $1.ulid) }
        let step = max(1, mostBlocks - 1)
        let chosen =
            sorted.count <= mostBlocks ? sorted : (0..<mostBlocks).map { sorted[$0 * (sorted.count - 1) / step] }
        // A scrape's samples have the time of its beginning and come later: the last seconds are still moving.
        let latest = min(Int64(asked.timeIntervalSince1970 * 1000) - 10_000, settled)
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

    /// Before which a server with this configuration has written everything down that it shows: samples that come out of order
    /// stay in memory until they are compacted, within two blocks' time, and are in no snapshot until then.
    static func settled(configuration: String, asked: Date) -> Int64 {
        let name = "out_of_order_time_window:"
        guard
            let line = configuration.split(separator: "\n").map({ $0.trimmingPrefix { $0.isWhitespace } }).first(
                where: { $0.hasPrefix(name) }),
            let window = ServerRetention.milliseconds(line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)),
            window > 0
        else { return .max }
        return Int64(asked.timeIntervalSince1970 * 1000) - window - 2 * 2 * 3_600_000
    }

    /// Asks before the snapshot. What cannot be asked is no reason to fail a backup: its bytes are proven without it.
    /// - Parameter blocks: Those that the server has now; its head is asked about too.
    static func before(_ blocks: [BlockMeta], asked: Date, from client: PrometheusClient) async -> Probing {
        var probing = Probing(lookback: (try? await client.flags())?["query.lookback-delta"] ?? "5m")
        let configuration = (try? await client.configuration()) ?? ""
        // Then its queries are also answered from another server's storage, and say nothing about the blocks.
        if configuration.split(separator: "\n").contains(where: { $0.hasPrefix("remote_read:") }) {
            probing.warnings = [
                "the server has remote_read: its answers are not compared with those of the restored blocks"
            ]
            return probing
        }
        let head = (try? await client.head())?.block
        let all = blocks + (head.map { [$0] } ?? [])
        let asking = questions(all, asked: asked, settled: settled(configuration: configuration, asked: asked))
        if asking.isEmpty, !all.isEmpty {
            probing.warnings = [
                "all samples are too young to be asked for: no answers are compared with those of the restored blocks"
            ]
        }
        for question in asking {
            do {
                let value = try await client.number(question.query, at: question.time)
                probing.probes.append(
                    PrometheusFingerprint.Probe(query: question.query, time: question.time, value: value))
            } catch {
                probing.warnings = ["not all queries for the comparison were answered: \(error)"]
                break
            }
        }
        return probing
    }

    /// Asks the same after the snapshot, and keeps what did not change.
    func after(from client: PrometheusClient) async -> Probing {
        var result = self
        result.probes = []
        for probe in probes {
            guard let value = try? await client.number(probe.query, at: probe.time) else { continue }
            if value == probe.value { result.probes.append(probe) }
        }
        if result.probes.isEmpty, !probes.isEmpty {
            result.warnings.append(
                "the server's answers changed while the snapshot was made: they are not compared with those of the restored blocks"
            )
        }
        return result
    }
}
