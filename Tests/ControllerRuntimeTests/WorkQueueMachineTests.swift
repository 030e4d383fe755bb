import ControllerRuntime
import Testing

@Suite("What a work queue knows")
struct WorkQueueMachineTests {
    typealias Machine = WorkQueueMachine<String, TestInstant>

    private func drain(_ machine: inout Machine) -> [String] {
        var keys: [String] = []
        while let key = machine.take() { keys.append(key) }
        return keys
    }

    @Test("a key that is added often is worked on once, in the order of the first")
    func dedupe() {
        var machine = Machine()
        for key in ["a", "b", "a", "c", "b"] { machine.add(key) }
        #expect(machine.depth == 3)
        #expect(drain(&machine) == ["a", "b", "c"])
    }

    @Test("a key that is added while it is worked on waits, and is worked on once more")
    func dirtyWhileProcessing() {
        var machine = Machine()
        machine.add("a")
        #expect(machine.take() == "a")
        machine.add("a")
        machine.add("a")
        #expect(machine.take() == nil)
        machine.done("a")
        #expect(machine.take() == "a")
        machine.done("a")
        #expect(machine.take() == nil)
    }

    @Test("a busy key does not hold up the others")
    func fairness() {
        var machine = Machine()
        machine.add("busy")
        machine.add("quiet")
        var order: [String] = []
        for _ in 0..<4 {
            guard let key = machine.take() else { break }
            order.append(key)
            if key == "busy" { machine.add("busy") }
            machine.done(key)
        }
        #expect(order == ["busy", "quiet", "busy", "busy"])
    }

    @Test("what was there before waits for what has changed, but not for ever, and not once it has changed itself")
    func priorities() {
        var machine = Machine()
        for key in ["old1", "old2", "old3"] { machine.add(key, priority: .low) }
        machine.add("new1")
        // It is in the queue already, and has changed.
        machine.add("old3")
        machine.add("new1", priority: .low)
        #expect(machine.depth == 4)
        #expect(drain(&machine) == ["new1", "old3", "old1", "old2"])
        #expect(machine.depth == 0)

        var busy = Machine()
        busy.add("old1", priority: .low)
        busy.add("old2", priority: .low)
        var order: [String] = []
        for number in 0..<20 {
            busy.add("new\(number)")
            guard let key = busy.take() else { break }
            order.append(key)
            busy.done(key)
        }
        // Each of low priority lets eight go before it.
        #expect(order.firstIndex(of: "old1") == 8 && order.firstIndex(of: "old2") == 17)
    }

    @Test("a key of low priority that is added while it is worked on is worked on once more")
    func lowWhileProcessing() {
        var machine = Machine()
        machine.add("a", priority: .low)
        #expect(machine.take() == "a")
        machine.add("a", priority: .low)
        #expect(machine.depth == 0)
        machine.done("a")
        #expect(drain(&machine) == ["a"])
    }

    @Test("done for a key that nobody works on changes nothing")
    func doneTwice() {
        var machine = Machine()
        machine.add("a")
        machine.done("a")
        #expect(drain(&machine) == ["a"])
    }

    @Test("delays grow from 5 ms to 1000 s for each key by itself, and success forgets")
    func backoff() {
        var machine = Machine()
        var now = TestInstant()
        var delays: [Duration] = []
        for _ in 0..<20 {
            delays.append(machine.failed("a", at: now))
            now = now.advanced(by: .seconds(1000))
        }
        #expect(delays.prefix(4) == [.milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(40)])
        #expect(delays[17] == .milliseconds(655_360))
        #expect(delays.suffix(2) == [.seconds(1000), .seconds(1000)])
        #expect(machine.failed("b", at: now) == .milliseconds(5))
        machine.forget("a")
        #expect(machine.failed("a", at: now, jitter: 1) == .milliseconds(5.5))
    }

    @Test("many keys that fail together come back ten a second after the first hundred")
    func overall() {
        var machine = Machine()
        let delays = (0..<120).map { machine.failed("\($0)", at: .at(0)) }
        #expect(delays[99] == .milliseconds(5))
        #expect(delays[119] == .seconds(2))
    }

    @Test("a delayed key comes when it is due, the earlier of two times wins, and an addition makes it come at once")
    func later() {
        var machine = Machine()
        machine.add("a", at: .at(10))
        machine.add("a", at: .at(20))
        machine.add("b", at: .at(30))
        machine.add("b", at: .at(5))
        machine.add("c", at: .at(7))
        machine.add("c")
        #expect(drain(&machine) == ["c"])
        machine.done("c")
        #expect(machine.nextDue == .at(5))
        machine.advance(to: .at(10))
        #expect(drain(&machine) == ["b", "a"])
        #expect(machine.nextDue == nil)
        machine.advance(to: .at(60))
        #expect(drain(&machine) == [])
    }

    @Test("delayed keys that come due together come in the order of their times")
    func order() {
        var machine = Machine()
        for number in (0..<300).shuffled() { machine.add("\(number)", at: .at(Double(number))) }
        machine.advance(to: .at(1000))
        #expect(drain(&machine) == (0..<300).map(String.init))
    }

    @Test("whatever happens: one worker a key, nothing lost, nothing made up", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = Machine()
        var wanted: Set<String> = []
        var later: [String: Double] = [:]
        var working: Set<String> = []
        for step in 0..<2000 {
            let key = "\(Int.random(in: 0..<10, using: &random))"
            let now = Double(step)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                machine.add(key, priority: Bool.random(using: &random) ? .normal : .low)
                wanted.insert(key)
                later[key] = nil
            case 1:
                let time = now + Double.random(in: 0..<50, using: &random)
                machine.add(key, at: .at(time))
                later[key] = min(time, later[key] ?? time)
            case 2:
                if let taken = machine.take() {
                    #expect(working.insert(taken).inserted)
                    #expect(wanted.remove(taken) != nil)
                }
            default:
                if let key = working.sorted().randomElement(using: &random) {
                    working.remove(key)
                    machine.done(key)
                }
            }
            machine.advance(to: .at(now))
            for (key, time) in later where time <= now {
                wanted.insert(key)
                later[key] = nil
            }
        }
        for key in working { machine.done(key) }
        machine.advance(to: .at(10_000))
        #expect(Set(drain(&machine)) == wanted.union(later.keys))
    }
}

struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    /// Marsaglia's xorshift64*.
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}
