import Foundation
import Processes
@testable import PrometheusProtection
import Testing

@Suite struct PrometheusDecisionTests {
    @Test(arguments: [
        ("20261124T030013Z-68f522e509ce71bf", true), ("20261124T030013Z-68f522e509ce71bF", false), ("..", false),
        ("", false),
        ("20261124T030013Z-68f522e509ce71b/", false), ("2026112_T030013Z-68f522e509ce71bf", false),
    ])
    func `Only what the server calls a snapshot is one`(_ name: String, _ expected: Bool) {
        #expect(SnapshotName.isOne(name) == expected)
    }

    @Test func `Only the snapshot of the killed attempt is taken for it`() throws {
        let (a, b) = ("20261124T030013Z-68f522e509ce71bf", "20261124T030014Z-0000000000000000")
        let asked = try #require(SnapshotName.time(of: a))
        #expect(asked == Date(timeIntervalSince1970: 1_795_489_213))
        func leftover(_ before: Set<String>, _ name: String?, _ present: Set<String>, after: TimeInterval = 0)
            -> String?
        {
            SnapshotNote(before: before, askedAt: asked.addingTimeInterval(-after), name: name).leftover(among: present)
        }
        #expect(leftover([], a, [a, b]) == a)
        #expect(leftover([], a, [b]) == nil)
        #expect(leftover([], "../../wal", ["../../wal"]) == nil)
        #expect(leftover([b], nil, [a, b]) == a)
        #expect(leftover([], nil, [a, b]) == nil, "one of the two is somebody else's")
        #expect(leftover([], nil, [a], after: 60) == nil, "begun when nobody had asked")
        #expect(leftover([a], nil, [a]) == nil)
    }

    @Test(
        arguments: [
            ("15d", 1_296_000_000), ("1y2w", 32_745_600_000), ("360h0m5s", 1_296_005_000),
            ("15d or 10GiB", 1_296_000_000), ("10GiB", nil), ("", nil), ("d", nil),
        ] as [(String, Int64?)])
    func `A retention is read as the server tells it`(_ text: String, _ expected: Int64?) {
        #expect(ServerRetention.milliseconds(text) == expected)
    }

    @Test func `Blocks that a server would delete are told`() {
        func block(_ end: Int64) -> PrometheusFingerprint.Block {
            .init(ulid: "\(end)", minTime: 0, maxTime: end, samples: 1, series: 1, files: [:])
        }
        let blocks = [block(10), block(50), block(100)]
        #expect(ServerRetention.outdated(blocks, newest: 0, retention: 60).map(\.ulid) == ["10"])
        #expect(ServerRetention.outdated(blocks, newest: 200, retention: 100).map(\.ulid) == ["10", "50"])
        #expect(ServerRetention.outdated(blocks, newest: 0, retention: 90).isEmpty)
    }

    @Test(
        arguments: [
            ("global:\n  scrape_interval: 1s\n", nil), ("storage:\n  tsdb:\n    out_of_order_time_window: 0s\n", nil),
            ("storage:\n  tsdb:\n    out_of_order_time_window: 30m\n", 100_000_000 - 1_800_000 - 14_400_000),
        ] as [(String, Int64?)])
    func `What may still come out of order is not asked about`(_ configuration: String, _ expected: Int64?) {
        let asked = Date(timeIntervalSince1970: 100_000)
        let settled = Probing.settled(configuration: configuration, asked: asked)
        #expect(settled == expected ?? .max)
        let block = BlockMeta(
            ulid: "x", minTime: 99_000_000, maxTime: 99_100_000, stats: .init(numSamples: 10, numSeries: 1))
        #expect(Probing.questions([block], asked: asked, settled: settled).isEmpty == (expected != nil))
    }

    @Test func `At most four blocks are asked about, and never the last seconds`() {
        func meta(_ start: Int64) -> BlockMeta {
            BlockMeta(
                ulid: "\(start)", minTime: start, maxTime: start + 1000, stats: .init(numSamples: 10, numSeries: 1))
        }
        let asked = Date(timeIntervalSince1970: 100)
        #expect(
            Set(Probing.questions((0..<9).map { meta($0 * 1000) }, asked: asked).map(\.time)) == [
                499, 2499, 5499, 8499,
            ])
        #expect(Probing.questions([meta(95_000)], asked: asked).isEmpty)
        #expect(Probing.questions([meta(89_900)], asked: asked).map(\.time) == [90_000, 90_000])
    }

    @Test(
        arguments: [(1_700_000_000_005, "1700000000.005"), (0, "0.000"), (-5, "-0.005"), (-1500, "-1.500")]
            as [(Int64, String)])
    func `An instant keeps its milliseconds`(_ time: Int64, _ text: String) {
        #expect(PrometheusClient.seconds(time) == text)
    }

    @Test(arguments: ["index", "chunks/000001"]) func `A block's file has its place`(_ name: String) {
        #expect(BlockUnpacking.isSafe(name))
    }

    @Test(arguments: ["", "/etc/x", "../x", "chunks/..", "chunks/", "a/b", "chunks/a/b", "."])
    func `No other name leads anywhere`(_ name: String) { #expect(!BlockUnpacking.isSafe(name)) }

    @Test func `Stock tar reads the headers, also of more than eight gigabytes`() async throws {
        for (bytes, text) in [(0, " 0 "), (7, " 7 "), (9 << 30, " 9663676416 ")] as [(Int64, String)] {
            let list = try? await runChild(
                Command("sh", ["-c", "tar -tv 2>/dev/null; true"]),
                input: try Tar.header("A/index", bytes: bytes) + Tar.end)
            #expect(String(decoding: list ?? [], as: UTF8.self).contains(text))
        }
    }
}
