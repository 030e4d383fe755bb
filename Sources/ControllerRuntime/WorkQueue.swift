public import KubernetesModel
import Synchronization

/// A work queue for the workers of one controller.
public actor WorkQueue {
    private var machine = WorkQueueMachine<ObjectKey, ContinuousClock.Instant>()
    private var waiting: [CheckedContinuation<ObjectKey?, Never>] = []
    private var isClosed = false
    /// Wakes the timer when something earlier than what it waits for came in.
    private let alarm = Wakeup()
    /// What the timer waits for; nil while it does not.
    private var awaited: ContinuousClock.Instant?

    private static let longestSleep = Duration.seconds(60)

    public init() {}

    public var depth: Int { machine.depth }

    public func add(_ key: ObjectKey, priority: WorkPriority = .normal) {
        machine.add(key, priority: priority)
        hand()
    }

    public func add(_ key: ObjectKey, after delay: Duration) {
        machine.add(key, at: .now + delay)
        ringIfEarlier()
    }

    /// The next key, nil when the queue is closed.
    func next() async -> ObjectKey? {
        if isClosed { return nil }
        if let key = machine.take() { return key }
        return await withCheckedContinuation { waiting.append($0) }
    }

    func finish(_ key: ObjectKey, _ outcome: Outcome) {
        switch outcome {
        case .done: machine.forget(key)
        case .requeue(let delay):
            machine.forget(key)
            machine.add(key, at: .now + delay)
        case .failed:
            let now = ContinuousClock.now
            machine.add(key, at: now + machine.failed(key, at: now, jitter: .random(in: 0...1)))
        case .wait(let delay): machine.add(key, at: .now + delay)
        }
        machine.done(key)
        ringIfEarlier()
        hand()
    }

    private func ringIfEarlier() {
        if let awaited, let due = machine.nextDue, due < awaited { alarm.ring() }
    }

    enum Outcome: Sendable {
        case done
        case requeue(Duration)
        case failed
        /// It was not worked on: neither a success nor a failure.
        case wait(Duration)
    }

    private func hand() {
        while !waiting.isEmpty, let key = machine.take() { waiting.removeFirst().resume(returning: key) }
    }

    /// Moves delayed keys in when their time comes. Until cancelled; then the workers get nil.
    func run() async {
        while !Task.isCancelled {
            machine.advance(to: .now)
            hand()
            // A sleep that is cancelled keeps its timer until it would have ended: never longer than this.
            let due = min(machine.nextDue ?? .now + Self.longestSleep, .now + Self.longestSleep)
            awaited = due
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [alarm] in await alarm.wait() }
                group.addTask { try? await ContinuousClock().sleep(until: due) }
                await group.next()
                group.cancelAll()
            }
        }
        awaited = nil
        isClosed = true
        for continuation in waiting { continuation.resume(returning: nil) }
        waiting = []
    }
}
