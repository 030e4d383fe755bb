import ControllerRuntime
import Testing

@Suite("The rules of list and watch")
struct ReflectorMachineTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var streams = false
        var events: [ReflectorMachine.Event]
        var step: ReflectorMachine.Step
        /// Of the last event, without jitter, in milliseconds.
        var wait = 0
    }

    static let rows: [Row] = [
        Row(testDescription: "the first list may be of any age", events: [], step: .list(resourceVersion: "0")),
        Row(
            testDescription: "a list is followed by a watch from its version",
            events: [.listed(resourceVersion: "opaque-7")], step: .watch(resourceVersion: "opaque-7")),
        Row(
            testDescription: "a watch that ended as announced goes on from where it was",
            events: [.listed(resourceVersion: "7"), .watchEnded(lasted: true)], step: .watch(resourceVersion: "7")),
        Row(
            testDescription: "a watch that ended at once with nothing new waits",
            events: [.listed(resourceVersion: "7"), .watchEnded(lasted: false)], step: .watch(resourceVersion: "7"),
            wait: 800),
        Row(
            testDescription: "an expired version is never used again",
            events: [.listed(resourceVersion: "7"), .expired], step: .list(resourceVersion: "")),
        Row(
            testDescription: "expired again after the newest was asked for waits",
            events: [.listed(resourceVersion: "7"), .expired, .expired], step: .list(resourceVersion: ""), wait: 800),
        Row(
            testDescription: "a first list of too large a version asks for the newest at once",
            events: [.expired], step: .list(resourceVersion: "")),
        Row(
            testDescription: "an expired watch streams the newest where the server can",
            streams: true, events: [.listed(resourceVersion: "7"), .expired], step: .streamList),
        Row(
            testDescription: "where that fails too, it lists",
            streams: true, events: [.listed(resourceVersion: "7"), .expired, .expired],
            step: .list(resourceVersion: ""),
            wait: 800),
        Row(
            testDescription: "a streaming list that is not known is not asked for again",
            streams: true,
            events: [.streamListFailed(isUnknown: true), .listed(resourceVersion: "7"), .expired],
            step: .list(resourceVersion: "")),
        Row(
            testDescription: "one that broke is",
            streams: true,
            events: [.streamListFailed(isUnknown: false), .listed(resourceVersion: "7"), .expired], step: .streamList),
        Row(
            testDescription: "trouble on the way keeps the version",
            events: [.listed(resourceVersion: "7"), .failed(retryAfter: nil)], step: .watch(resourceVersion: "7"),
            wait: 800),
        Row(
            testDescription: "Retry-After is honoured, also with jitter",
            events: [.listed(resourceVersion: "7"), .failed(retryAfter: .seconds(7))],
            step: .watch(resourceVersion: "7"),
            wait: 7000),
        Row(
            testDescription: "a watch that the server refuses lists the newest",
            events: [.listed(resourceVersion: "7"), .refused], step: .list(resourceVersion: ""), wait: 800),
    ]

    @Test("after each thing that happens", arguments: rows)
    func row(row: Row) {
        for jitter in [0.0, 1.0] {
            var machine = ReflectorMachine(streams: row.streams)
            var wait = Duration.zero
            for event in row.events { wait = machine.next(event, jitter: jitter) }
            #expect(machine.step == row.step)
            let least = row.wait == 7000 ? 7000 : Int(Double(row.wait) * (0.5 + jitter / 2))
            #expect(wait == .milliseconds(least))
        }
    }

    @Test("waits grow to eight seconds, and begin again after two minutes of peace")
    func backoff() {
        var machine = ReflectorMachine(streams: false)
        let waits = (0..<8).map { _ in machine.next(.failed(retryAfter: nil)) / .milliseconds(1) }
        #expect(waits == [800, 1600, 3200, 6400, 8000, 8000, 8000, 8000])
        machine.calmed()
        #expect(machine.next(.failed(retryAfter: nil)) == .milliseconds(800))
    }

    @Test("a watch goes on from the last version seen, and an empty one changes nothing")
    func versions() {
        var machine = ReflectorMachine(streams: false)
        _ = machine.next(.listed(resourceVersion: "7"))
        machine.saw(resourceVersion: "x9")
        machine.saw(resourceVersion: "")
        _ = machine.next(.watchEnded(lasted: true))
        #expect(machine.step == .watch(resourceVersion: "x9"))
    }
}
