import DequeModule
import HeapModule
import KubernetesClient

/// How soon a key is worked on.
public enum WorkPriority: Sendable, Hashable {
    case normal
    /// After what has just changed: what a first list finds was there before. Not for ever: see ``WorkQueueMachine/ageing``.
    case low
}

/// What a work queue knows, as a value: which keys wait, which are worked on, which come later, and how often each failed.
///
/// A key is worked on by one worker at a time. Added meanwhile, it is worked on once more afterwards, however often it was
/// added (client-go's dirty and processing sets).
public struct WorkQueueMachine<Key: Hashable & Sendable, Time: InstantProtocol>: Sendable
where Time.Duration == Duration {
    private struct Alarm: Comparable {
        var time: Time
        var key: Key
        static func < (left: Self, right: Self) -> Bool { left.time < right.time }
    }

    private var ready: Deque<Key> = []
    /// Keys of low priority. Those that ``backgroundKeys`` does not confirm have been asked for with more since.
    private var background: Deque<Key> = []
    private var backgroundKeys: Set<Key> = []
    /// How many keys went before the first of low priority.
    private var overtaken = 0
    private var dirty: Set<Key> = []
    private var processing: Set<Key> = []
    private var later: [Key: Time] = [:]
    /// When what comes later is due. Alarms that `later` does not confirm are out of date.
    private var alarms = Heap<Alarm>()
    private var failures: [Key: Int] = [:]
    /// However many keys fail at once, the server is asked no more often than this (client-go's overall limit).
    private var retries = TokenBucket<Time>(rate: 10, burst: 100)

    static var firstBackoff: Duration { .milliseconds(5) }
    static var lastBackoff: Duration { .seconds(1000) }

    public init() {}

    /// So many keys go before one of low priority that waits, then it is its turn.
    static var ageing: Int { 8 }

    public var depth: Int { ready.count + backgroundKeys.count }
    public var isWorking: Bool { !processing.isEmpty }

    public mutating func add(_ key: Key, priority: WorkPriority = .normal) {
        later[key] = nil
        guard dirty.insert(key).inserted else {
            if priority == .normal, backgroundKeys.remove(key) != nil { ready.append(key) }
            return
        }
        guard !processing.contains(key) else { return }
        switch priority {
        case .normal: ready.append(key)
        case .low:
            background.append(key)
            backgroundKeys.insert(key)
        }
    }

    /// The earlier of two times wins.
    public mutating func add(_ key: Key, at time: Time) {
        if let known = later[key], known <= time { return }
        later[key] = time
        alarms.insert(Alarm(time: time, key: key))
        // Out-of-date alarms are dropped when they are due; many of them long before.
        if alarms.count > 64, alarms.count > 4 * later.count {
            alarms = Heap(later.map { Alarm(time: $0.value, key: $0.key) })
        }
    }

    /// Moves what is due to the ready keys, the earliest first.
    public mutating func advance(to now: Time) {
        while let first = alarms.min, first.time <= now {
            alarms.removeMin()
            if later[first.key] == first.time { add(first.key) }
        }
    }

    public var nextDue: Time? {
        mutating get {
            while let first = alarms.min, later[first.key] != first.time { alarms.removeMin() }
            return alarms.min?.time
        }
    }

    public mutating func take() -> Key? {
        guard let key = takeReady() ?? takeBackground() else { return nil }
        dirty.remove(key)
        processing.insert(key)
        return key
    }

    private mutating func takeReady() -> Key? {
        if !backgroundKeys.isEmpty, overtaken >= Self.ageing { return nil }
        guard let key = ready.popFirst() else { return nil }
        overtaken = backgroundKeys.isEmpty ? 0 : overtaken + 1
        return key
    }

    private mutating func takeBackground() -> Key? {
        overtaken = 0
        while let key = background.popFirst() {
            if backgroundKeys.remove(key) != nil { return key }
        }
        return nil
    }

    public mutating func done(_ key: Key) {
        guard processing.remove(key) != nil else { return }
        if dirty.contains(key) { ready.append(key) }
    }

    public mutating func forget(_ key: Key) { failures[key] = nil }

    /// - Parameter jitter: 0 … 1, for up to a tenth more, so that keys that failed together do not come back together.
    /// - Returns: how long to wait: 5 ms, doubled with each failure in a row, at most 1000 s; longer when too many keys fail.
    public mutating func failed(_ key: Key, at now: Time, jitter: Double = 0) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        let own = count >= 18 ? Self.lastBackoff : min(Self.lastBackoff, Self.firstBackoff * (1 << count))
        return max(own * (1 + jitter / 10), retries.take(at: now))
    }
}
