/// Which of a folder's calls run, which wait, and which nobody waits for any more, as a function of what happened when.
///
/// A system call on a file system that is gone cannot be ended: it holds its thread until the file system is back. So a
/// call that gives no sign of life for as long as its patience lasts is *lost*: its caller is told, and it stops at its next
/// sign. While a lost call hangs, the folder takes no other: what hangs holds no more threads than were at work when it
/// began, and cannot come after what was done later.
struct FileLaneMachine: Sendable {
    typealias Instant = SuspendingClock.Instant

    /// What the caller of a lost call may know.
    enum Loss: Sendable, Hashable {
        /// It had not begun, and never will.
        case notBegun
        /// It had changed nothing, and will not.
        case stopped
        /// It was at the call that changes something: that may have happened, or yet happen.
        case unclear
    }

    private struct Call {
        var patience: Duration
        /// The last sign of life.
        var sign: Instant
        /// It is done however late.
        var isCleaning = false
        /// Nobody waits for it.
        var isAbandoned = false
        /// It may have changed something.
        var isInEffect = false

        func isOverdue(at now: Instant) -> Bool { sign.duration(to: now) >= patience }
    }

    /// How many run at once.
    let width: Int
    private var calls: [UInt64: Call] = [:]
    /// First come, first served.
    private var waiting: [UInt64] = []
    private var running: Set<UInt64> = []

    init(width: Int) { self.width = width }

    /// Whether a call waits or runs.
    func has(_ id: UInt64) -> Bool { calls[id] != nil }

    /// Whether a call hangs.
    func isStuck(at now: Instant) -> Bool { running.contains { calls[$0]?.isOverdue(at: now) ?? false } }

    /// - Returns: Whether it waits now; nothing new is taken where a call hangs, but what cleans up.
    mutating func add(_ id: UInt64, patience: Duration, isCleaning: Bool = false, at now: Instant) -> Bool {
        guard isCleaning || !isStuck(at: now) else { return false }
        calls[id] = Call(patience: patience, sign: now, isCleaning: isCleaning)
        waiting.append(id)
        return true
    }

    /// The call that is to begin now.
    mutating func next(at now: Instant) -> UInt64? {
        guard !waiting.isEmpty, running.count < width, !isStuck(at: now) else { return nil }
        // One that may still change something is not overtaken.
        guard !running.contains(where: { calls[$0].map { $0.isAbandoned && $0.isInEffect } ?? false }) else {
            return nil
        }
        let id = waiting.removeFirst()
        calls[id]?.sign = now
        running.insert(id)
        return id
    }

    /// A running call goes on.
    /// - Parameter effect: It is about to change what others see.
    /// - Returns: Whether it may.
    mutating func sign(_ id: UInt64, effect: Bool, at now: Instant) -> Bool {
        guard let call = calls[id], !call.isAbandoned || call.isCleaning || call.isInEffect else { return false }
        calls[id]?.sign = now
        if effect { calls[id]?.isInEffect = true }
        return true
    }

    mutating func end(_ id: UInt64) {
        calls[id] = nil
        running.remove(id)
    }

    /// Nobody waits for a call any more.
    /// - Returns: Whether somebody did.
    mutating func cancel(_ id: UInt64) -> Bool {
        guard let call = calls[id], !call.isAbandoned else { return false }
        if running.contains(id) { calls[id]?.isAbandoned = true } else { forget(id) }
        return true
    }

    /// The calls that are lost now.
    mutating func expire(at now: Instant) -> [UInt64: Loss] {
        var lost: [UInt64: Loss] = [:]
        for (id, call) in calls where !call.isAbandoned && call.isOverdue(at: now) {
            let isRunning = running.contains(id)
            lost[id] = isRunning ? (call.isInEffect ? .unclear : .stopped) : .notBegun
            if isRunning || call.isCleaning { calls[id]?.isAbandoned = true } else { forget(id) }
        }
        return lost
    }

    private mutating func forget(_ id: UInt64) {
        calls[id] = nil
        waiting.removeAll { $0 == id }
    }

    /// When to ask ``expire(at:)`` next.
    var deadline: Instant? { calls.values.filter { !$0.isAbandoned }.map { $0.sign.advanced(by: $0.patience) }.min() }
}
