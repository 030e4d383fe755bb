@testable import ControllerRuntime

/// Processes that elect a leader on a bad network, a tick of 50 ms at a time.
struct ElectionWorld {
    typealias Machine = ElectionMachine<TestInstant>

    private struct Message {
        enum Content {
            case readRequest
            case readAnswer(Machine.Observation?)
            /// Over this version; nil to create.
            case write(over: String?, holder: String, sent: TestInstant)
            case written(Machine.Observation, sent: TestInstant)
            case refused
        }
        var arrives: Int
        var process: Int
        var incarnation: Int
        var content: Content
    }

    private struct Process {
        var machine: Machine
        var incarnation = 0
        var rate: Double
        var offset: Double
        var nextRound = 0
        var asleepUntil = 0
        func clock(_ tick: Int) -> TestInstant { .at(offset + Double(tick) * 0.05 * rate) }
    }

    private var random: SeededGenerator
    private var processes: [Process] = []
    private var network: [Message] = []
    private var stored: Machine.Observation?
    private var version = 0
    private(set) var overlaps = 0
    private(set) var ledFor = 0.0
    private(set) var leaders: Set<String> = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for number in 0..<5 {
            processes.append(
                Process(
                    machine: Machine(identity: "\(number).0"), rate: .random(in: 0.91...1.09, using: &random),
                    offset: .random(in: 0...100_000, using: &random)))
        }
    }

    mutating func run(seconds: Int) {
        for tick in 0..<(seconds * 20) {
            deliver(tick)
            for number in processes.indices { step(number, tick) }
            // A process that stands still may believe in itself when it wakes: what it did before does not count.
            let now = processes.filter { $0.machine.isLeader(at: $0.clock(tick)) }
            if now.count > 1 { overlaps += 1 }
            if now.count == 1 { ledFor += 0.05 }
            for leader in now { leaders.insert(leader.machine.identity) }
        }
    }

    private mutating func step(_ number: Int, _ tick: Int) {
        if tick < processes[number].asleepUntil { return }
        switch Int.random(in: 0..<4000, using: &random) {
        case 0: processes[number].asleepUntil = tick + .random(in: 1...600, using: &random)
        case 1:
            // Killed and started again, with another identity and nothing known.
            restart(number)
        case 2:
            // Released on shutdown, when the work has ended.
            if processes[number].machine.isLeader(at: processes[number].clock(tick)),
                let held = processes[number].machine.version
            {
                send(number, .write(over: held, holder: "", sent: processes[number].clock(tick)), tick)
                restart(number)
            }
        default: break
        }
        guard tick >= processes[number].nextRound else { return }
        processes[number].nextRound = tick + .random(in: 40...88, using: &random)
        if !processes[number].machine.isLeader(at: processes[number].clock(tick)) {
            processes[number].machine.resigned()
        }
        send(number, .readRequest, tick)
    }

    private mutating func restart(_ number: Int) {
        processes[number].incarnation += 1
        processes[number].machine = Machine(identity: "\(number).\(processes[number].incarnation)")
    }

    private mutating func send(_ number: Int, _ content: Message.Content, _ tick: Int) {
        if Int.random(in: 0..<10, using: &random) == 0 { return }
        let delay =
            Int.random(in: 0..<20, using: &random) == 0
            ? Int.random(in: 20...400, using: &random) : Int.random(in: 1...6, using: &random)
        network.append(
            Message(
                arrives: tick + delay, process: number, incarnation: processes[number].incarnation, content: content))
    }

    private mutating func deliver(_ tick: Int) {
        let due = network.filter { $0.arrives <= tick }
        network.removeAll { $0.arrives <= tick }
        for message in due { receive(message, tick) }
    }

    private mutating func receive(_ message: Message, _ tick: Int) {
        let number = message.process
        switch message.content {
        case .readRequest: send(number, .readAnswer(stored), tick)
        case .write(let over, let holder, let sent):
            guard stored?.version == over else { return send(number, .refused, tick) }
            version += 1
            let new = Machine.Observation(
                version: "\(version)", holder: holder, duration: .seconds(holder.isEmpty ? 1 : 15))
            stored = new
            send(number, .written(new, sent: sent), tick)
        case .readAnswer(let observation):
            guard message.incarnation == processes[number].incarnation else { return }
            // A process that stands still receives when it wakes.
            guard tick >= processes[number].asleepUntil else { return postpone(message) }
            let now = processes[number].clock(tick)
            let identity = processes[number].machine.identity
            switch processes[number].machine.read(observation, at: now) {
            case .create: send(number, .write(over: nil, holder: identity, sent: now), tick)
            case .take(let version): send(number, .write(over: version, holder: identity, sent: now), tick)
            case .wait, .stop: break
            }
        case .written(let observation, let sent):
            guard message.incarnation == processes[number].incarnation else { return }
            guard tick >= processes[number].asleepUntil else { return postpone(message) }
            guard observation.holder == processes[number].machine.identity else { return }
            processes[number].machine.wrote(observation, sent: sent, received: processes[number].clock(tick))
        case .refused: break
        }
    }

    private mutating func postpone(_ message: Message) {
        var later = message
        later.arrives = processes[message.process].asleepUntil
        network.append(later)
    }
}
