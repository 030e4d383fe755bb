import Testing

@testable import ObjectStore

/// Which calls of a folder run, wait and are lost. Times are seconds.
@Suite struct FileLaneMachineTests {
    private let start = SuspendingClock.now
    private func at(_ seconds: Int) -> FileLaneMachine.Instant { start.advanced(by: .seconds(seconds)) }

    /// A machine that `#expect` may change.
    private final class Machine {
        private var value: FileLaneMachine

        init(width: Int) { value = FileLaneMachine(width: width) }

        var deadline: FileLaneMachine.Instant? { value.deadline }
        func has(_ id: UInt64) -> Bool { value.has(id) }
        func isStuck(at now: FileLaneMachine.Instant) -> Bool { value.isStuck(at: now) }
        func add(_ id: UInt64, patience: Duration, isCleaning: Bool = false, at now: FileLaneMachine.Instant) -> Bool {
            value.add(id, patience: patience, isCleaning: isCleaning, at: now)
        }
        func next(at now: FileLaneMachine.Instant) -> UInt64? { value.next(at: now) }
        func sign(_ id: UInt64, effect: Bool, at now: FileLaneMachine.Instant) -> Bool {
            value.sign(id, effect: effect, at: now)
        }
        func end(_ id: UInt64) { value.end(id) }
        func cancel(_ id: UInt64) -> Bool { value.cancel(id) }
        func expire(at now: FileLaneMachine.Instant) -> [UInt64: FileLaneMachine.Loss] { value.expire(at: now) }
    }

    /// So many calls of ten seconds' patience that run, from number 1.
    private func machine(width: Int = 2, running: Int) -> Machine {
        let machine = Machine(width: width)
        for id in 0..<UInt64(running) {
            #expect(machine.add(id + 1, patience: .seconds(10), at: at(0)))
            #expect(machine.next(at: at(0)) == id + 1)
        }
        return machine
    }

    @Test("So many run at once, in the order in which they came")
    func width() {
        let machine = machine(running: 2)
        for id in [3, 4] as [UInt64] { #expect(machine.add(id, patience: .seconds(10), at: at(1))) }
        #expect(machine.next(at: at(1)) == nil)
        machine.end(2)
        #expect(machine.next(at: at(2)) == 3)
        #expect(machine.next(at: at(2)) == nil)
        machine.end(1)
        #expect(machine.next(at: at(3)) == 4)
    }

    @Test("A call is lost when it gave no sign for its patience, not when it is long")
    func signs() {
        let machine = machine(running: 1)
        #expect(machine.deadline == at(10))
        #expect(machine.expire(at: at(9)) == [:])
        #expect(machine.sign(1, effect: false, at: at(9)))
        #expect(machine.deadline == at(19))
        #expect(machine.expire(at: at(18)) == [:])
        #expect(machine.expire(at: at(19)) == [1: .stopped])
        #expect(machine.expire(at: at(30)) == [:], "it is told once")
        #expect(machine.deadline == nil)
        #expect(!machine.sign(1, effect: true, at: at(40)), "it changes nothing any more")
    }

    @Test("Where a call hangs no other begins or is taken, until it has ended")
    func stuck() {
        let machine = machine(running: 1)
        #expect(machine.add(2, patience: .seconds(20), at: at(5)))
        #expect(!machine.isStuck(at: at(9)))
        #expect(machine.isStuck(at: at(10)))
        #expect(machine.next(at: at(10)) == nil)
        #expect(!machine.add(3, patience: .seconds(10), at: at(10)))
        #expect(machine.expire(at: at(10)) == [1: .stopped])
        machine.end(1)
        #expect(machine.next(at: at(11)) == 2)
        #expect(machine.add(4, patience: .seconds(10), at: at(11)))
    }

    @Test("A call that waits for a thread is lost too, and never begins")
    func waiting() {
        let machine = machine(width: 1, running: 1)
        #expect(machine.add(2, patience: .seconds(3), at: at(1)))
        #expect(machine.expire(at: at(4)) == [2: .notBegun])
        machine.end(1)
        #expect(machine.next(at: at(5)) == nil)
        #expect(!machine.has(2))
    }

    @Test("A call that was changing something is unclear; nothing overtakes it, and it goes on to its end")
    func effect() {
        let machine = machine(running: 1)
        #expect(machine.sign(1, effect: true, at: at(1)))
        #expect(machine.expire(at: at(11)) == [1: .unclear])
        #expect(machine.sign(1, effect: false, at: at(12)))
        #expect(machine.add(2, patience: .seconds(10), at: at(12)), "it answers again")
        #expect(machine.next(at: at(12)) == nil, "it has not ended")
        machine.end(1)
        #expect(machine.next(at: at(13)) == 2)
    }

    @Test("A call that was cancelled stops at its next sign; one that had changed something is waited for")
    func cancelled() {
        let machine = machine(running: 2)
        #expect(machine.sign(2, effect: true, at: at(1)))
        #expect(machine.add(3, patience: .seconds(10), at: at(1)))
        #expect(machine.cancel(3))
        #expect(!machine.has(3), "it had not begun")
        #expect(machine.cancel(1))
        #expect(!machine.cancel(1))
        #expect(!machine.sign(1, effect: false, at: at(2)))
        machine.end(1)
        #expect(machine.cancel(2))
        #expect(machine.add(4, patience: .seconds(10), at: at(2)))
        #expect(machine.next(at: at(2)) == nil)
        machine.end(2)
        #expect(machine.next(at: at(3)) == 4)
    }

    @Test("What cleans up is taken while a call hangs, stays when it is lost, and is done in the end")
    func cleaning() {
        let machine = machine(running: 1)
        #expect(machine.add(2, patience: .seconds(10), isCleaning: true, at: at(20)))
        #expect(machine.expire(at: at(30))[2] == .notBegun)
        #expect(machine.next(at: at(30)) == nil)
        machine.end(1)
        #expect(machine.next(at: at(40)) == 2)
        #expect(machine.sign(2, effect: true, at: at(41)))
    }
}
