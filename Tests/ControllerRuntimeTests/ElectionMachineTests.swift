import Testing

@testable import ControllerRuntime

@Suite("Who may lead")
struct ElectionMachineTests {
    typealias Machine = ElectionMachine<TestInstant>
    private func lease(_ version: String, _ holder: String, seconds: Int = 15) -> Machine.Observation {
        .init(version: version, holder: holder, duration: .seconds(seconds))
    }

    @Test("the first creates the lease and leads for ten seconds from when it sent it")
    func first() {
        var machine = Machine(identity: "a")
        #expect(machine.read(nil, at: .at(0)) == .create)
        #expect(!machine.isLeader(at: .at(0)))
        machine.wrote(lease("1", "a"), sent: .at(1), received: .at(4))
        #expect(machine.isLeader(at: .at(10.9)))
        #expect(!machine.isLeader(at: .at(11)))
    }

    @Test("a server that is away for a minute costs nobody the lead of a lease of ninety seconds")
    func patient() {
        let timing = Machine.Timing(leaseDuration: .seconds(90))
        #expect(
            [timing.renewDeadline, timing.retryPeriod, timing.requestTimeout] == [
                .seconds(70), .seconds(5), .seconds(10),
            ])
        var (leader, other) = (Machine(identity: "a", timing: timing), Machine(identity: "b", timing: timing))
        leader.wrote(lease("1", "a", seconds: 90), sent: .at(0), received: .at(0))
        #expect(other.read(lease("1", "a", seconds: 90), at: .at(0)) == .wait)
        #expect(leader.isLeader(at: .at(69.9)))
        #expect(!leader.isLeader(at: .at(70)))
        #expect(other.read(lease("1", "a", seconds: 90), at: .at(89.9)) == .wait)
        #expect(other.read(lease("1", "a", seconds: 90), at: .at(90)) == .take(version: "1"))
    }

    @Test("another's lease is respected for as long as it changes, and fifteen seconds more by our own clock")
    func respects() {
        var machine = Machine(identity: "b")
        #expect(machine.read(lease("1", "a"), at: .at(100)) == .wait)
        #expect(machine.read(lease("2", "a"), at: .at(110)) == .wait)
        #expect(machine.read(lease("2", "a"), at: .at(124.9)) == .wait)
        #expect(machine.read(lease("2", "a"), at: .at(125)) == .take(version: "2"))
    }

    @Test("a holder that wants more time than we would give gets it")
    func longer() {
        var machine = Machine(identity: "b")
        #expect(machine.read(lease("1", "a", seconds: 60), at: .at(0)) == .wait)
        #expect(machine.read(lease("1", "a", seconds: 60), at: .at(59)) == .wait)
        #expect(machine.read(lease("1", "a", seconds: 60), at: .at(60)) == .take(version: "1"))
    }

    @Test("a released lease is taken at once")
    func released() {
        var machine = Machine(identity: "b")
        #expect(machine.read(lease("1", "a"), at: .at(0)) == .wait)
        #expect(machine.read(lease("2", "", seconds: 1), at: .at(1)) == .take(version: "2"))
    }

    @Test("a leader renews, stops when another has the lease or it was deleted, and stays stopped")
    func leads() {
        for next in [lease("2", "b"), nil] {
            var machine = Machine(identity: "a")
            machine.wrote(lease("1", "a"), sent: .at(0), received: .at(0))
            #expect(machine.read(lease("1", "a"), at: .at(2)) == .take(version: "1"))
            #expect(machine.read(next, at: .at(4)) == .stop)
            #expect(!machine.isLeader(at: .at(4)))
        }
    }

    @Test("an answer that comes after the time has run out does not bring the time back")
    func late() {
        var machine = Machine(identity: "a")
        machine.wrote(lease("1", "a"), sent: .at(0), received: .at(0))
        machine.wrote(lease("2", "a"), sent: .at(9), received: .at(11))
        #expect(!machine.isLeader(at: .at(11)))
        #expect(machine.read(lease("2", "a"), at: .at(11)) == .stop)
    }

    @Test("a write whose answer was lost does not make a leader; the next one does")
    func lost() {
        var machine = Machine(identity: "a")
        #expect(machine.read(nil, at: .at(0)) == .create)
        #expect(machine.read(lease("1", "a"), at: .at(5)) == .take(version: "1"))
        #expect(!machine.isLeader(at: .at(5)))
        machine.wrote(lease("2", "a"), sent: .at(5), received: .at(6))
        #expect(machine.isLeader(at: .at(14)))
    }

    @Test("a lease that is deleted under another is respected as if it were there")
    func deleted() {
        var machine = Machine(identity: "b")
        #expect(machine.read(lease("1", "a"), at: .at(0)) == .wait)
        #expect(machine.read(nil, at: .at(5)) == .wait)
        #expect(machine.read(nil, at: .at(15)) == .create)
    }

    /// Five processes, a server that keeps one version, a network that delays and loses either way, processes that stand
    /// still and die, and clocks that run at up to 1.2 times each other's speed from any starting point.
    @Test("never two leaders, and mostly one", arguments: 0..<30)
    func simulation(seed: UInt64) {
        var world = ElectionWorld(seed: seed)
        world.run(seconds: 900)
        #expect(world.overlaps == 0)
        #expect(world.ledFor > 100, "somebody must lead, too")
        #expect(world.leaders.count > 1, "and not always the same")
    }
}
