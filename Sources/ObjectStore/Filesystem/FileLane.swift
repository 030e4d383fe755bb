import Dispatch
import Foundation
import Synchronization

/// The threads that make the system calls on one folder, all stores on that folder together.
///
/// They are threads of its own, at most ``width``, started for a call and gone when none waits: a file system that hangs
/// holds those of its folder, and neither another folder's nor those of the cooperative pool, nor of Dispatch.
///
/// **Guarantees.** A call returns when it has ended, when its task is cancelled, or when it has given no sign of life for as
/// long as its patience. One that goes on behind its caller's back stops before it changes anything; if it was changing
/// something at that very moment, the error says that it is unclear, and nothing else is begun before it has ended.
final class FileLane: Sendable {
    /// The probe creates six objects at once, a catalogue is read eight at a time.
    static let width = 8

    private struct Pending: Sendable {
        var work: @Sendable () -> Void
        var lose: @Sendable (any Error) -> Void
    }

    private struct State {
        var machine = FileLaneMachine(width: FileLane.width)
        var pending: [UInt64: Pending] = [:]
        var lastID: UInt64 = 0
        /// When the clock rings.
        var alarm: FileLaneMachine.Instant?

        /// It stays until it has ended.
        mutating func taken(_ id: UInt64) -> Pending? {
            machine.has(id) ? pending[id] : pending.removeValue(forKey: id)
        }
    }

    private let path: String
    private let state = Mutex(State())
    /// A serial queue has a thread whatever the others do.
    private static let clock = DispatchQueue(label: "dr.store.clock")

    private init(path: String) { self.path = path }

    // MARK: One for each folder

    private struct Weak: Sendable {
        weak var lane: FileLane?
    }

    private static let lanes = Mutex<[String: Weak]>([:])

    static func of(_ path: String) -> FileLane {
        lanes.withLock { lanes in
            if let lane = lanes[path]?.lane { return lane }
            lanes = lanes.filter { $0.value.lane != nil }
            let lane = FileLane(path: path)
            lanes[path] = Weak(lane: lane)
            return lane
        }
    }

    // MARK: Calls

    /// - Throws: What `body` throws; ``ObjectStoreError`` with `.unreachable` or `.unclear` when it is lost.
    func run<T: Sendable>(_ patience: Duration, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try Task.checkCancellation()
        let id = newID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = FileAnswer<T>(continuation)
                let pending = Pending(
                    work: { answer.give(Result(catching: body)) }, lose: { answer.give(.failure($0)) })
                guard add(id, pending, patience) else { return pending.lose(error(.notBegun)) }
                // Cancelled before the handler could find it.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Does something however late, cancelled or not; returns when it is done, or lost for now.
    func clean(_ patience: Duration, _ body: @escaping @Sendable () -> Void) async {
        let done: Void? = try? await withCheckedThrowingContinuation { continuation in
            let answer = FileAnswer<Void>(continuation)
            let work: @Sendable () -> Void = {
                body()
                answer.give(.success(()))
            }
            _ = add(newID(), Pending(work: work, lose: { answer.give(.failure($0)) }), patience, isCleaning: true)
        }
        _ = done
    }

    /// As ``clean(_:_:)``, for one who cannot wait.
    func leave(_ patience: Duration, _ body: @escaping @Sendable () -> Void) {
        _ = add(newID(), Pending(work: body, lose: { _ in }), patience, isCleaning: true)
    }

    private func newID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    private func add(_ id: UInt64, _ pending: Pending, _ patience: Duration, isCleaning: Bool = false) -> Bool {
        let isTaken = state.withLock { state in
            guard state.machine.add(id, patience: patience, isCleaning: isCleaning, at: .now) else { return false }
            state.pending[id] = pending
            return true
        }
        spread()
        setAlarm()
        return isTaken
    }

    private func cancel(_ id: UInt64) {
        let pending = state.withLock { state -> Pending? in
            state.machine.cancel(id) ? state.taken(id) : nil
        }
        pending?.lose(CancellationError())
    }

    func sign(_ id: UInt64, effect: Bool) throws(ObjectStoreError) {
        guard state.withLock({ $0.machine.sign(id, effect: effect, at: .now) }) else {
            throw ObjectStoreError(.unreachable, "nobody waits for it any more")
        }
    }

    // MARK: Threads

    /// A thread for each call that may begin.
    private func spread() {
        while let first = begin() {
            let thread = Thread { [self] in work(first) }
            thread.name = "store"
            thread.start()
        }
    }

    private func work(_ first: (id: UInt64, body: @Sendable () -> Void)) {
        var next = Optional(first)
        while let call = next {
            FileCall.$current.withValue(FileCall(lane: self, id: call.id)) { call.body() }
            let ended = state.withLock { state in
                state.machine.end(call.id)
                return state.pending.removeValue(forKey: call.id)
            }
            // What it held is let go of here, and not under the lock.
            _ = ended
            next = begin()
            // Where a call hung until now, more than one waits.
            if next != nil { spread() }
        }
    }

    private func begin() -> (id: UInt64, body: @Sendable () -> Void)? {
        state.withLock { state in
            guard let id = state.machine.next(at: .now), let pending = state.pending[id] else { return nil }
            return (id, pending.work)
        }
    }

    // MARK: Time

    private func setAlarm() {
        let due = state.withLock { state -> FileLaneMachine.Instant? in
            guard let due = state.machine.deadline, state.alarm.map({ due < $0 }) ?? true else { return nil }
            state.alarm = due
            return due
        }
        guard let due else { return }
        let nanoseconds = max(0, FileLaneMachine.Instant.now.duration(to: due) / .nanoseconds(1))
        Self.clock.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds))) { [self] in ring() }
    }

    private func ring() {
        let lost = state.withLock { state in
            state.alarm = nil
            return state.machine.expire(at: .now).map { id, loss in (loss, state.taken(id)) }
        }
        for (loss, pending) in lost { pending?.lose(error(loss)) }
        setAlarm()
    }

    private func error(_ loss: FileLaneMachine.Loss) -> ObjectStoreError {
        let mend =
            "the folder \(path) does not answer: look after the disk or the network file system of spec.filesystem.path"
        return switch loss {
        case .notBegun, .stopped: ObjectStoreError(.unreachable, "\(mend); nothing was changed, and it is tried again")
        case .unclear:
            ObjectStoreError(
                .unclear, "\(mend); whether the last change was made is not known, and it is looked at again")
        }
    }
}

/// The call that a thread is at.
struct FileCall: Sendable {
    @TaskLocal static var current: FileCall?

    let lane: FileLane
    let id: UInt64

    /// Before every system call that may wait for a disk: the call goes on, or stops where nobody waits for it any more.
    static func goOn() throws(ObjectStoreError) { try current?.sign(effect: false) }

    /// Before the one that changes what others see.
    static func takeEffect() throws(ObjectStoreError) { try current?.sign(effect: true) }

    private func sign(effect: Bool) throws(ObjectStoreError) { try lane.sign(id, effect: effect) }
}

/// Whoever is first gives the answer: the call's end, its loss, or its cancellation.
private final class FileAnswer<T: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<T, any Error>?>

    init(_ continuation: CheckedContinuation<T, any Error>) { self.continuation = Mutex(continuation) }

    func give(_ result: Result<T, any Error>) {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(with: result)
    }
}
