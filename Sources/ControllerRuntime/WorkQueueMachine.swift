import HeapModule
import KubernetesClient

/// What a work queue knows, as a value: which keys wait, which are worked on, which come later, and how often each failed.
///
/// A key is worked on by one worker at a time. Added meanwhile, it is worked on once more afterwards, however often it was
/// added (client-go's dirty and processing sets).
public struct WorkQueueMachine<Key: Hashable & Sendable, Time: InstantProtocol>: Sendable where Time.Duration == Duration {
    private struct Alarm: Comparable {
        var time: Time
        var key: Key
        static func < (left: Self, right: Self) -> Bool { left.time < right.time }
    }

    private var ready: [Key] = []
    private var firstReady = 0
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

    public var depth: Int { ready.count - firstReady }
    public var isWorking: Bool { !processing.isEmpty }

    public mutating func add(_ key: Key) {
        later[key] = nil
        guard dirty.insert(key).inserted, !processing.contains(key) else { return }
        ready.append(key)
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
        guard firstReady < ready.count else { return nil }
        let key = ready[firstReady]
        firstReady += 1
        if firstReady > 64, firstReady * 2 > ready.count {
            ready.removeFirst(firstReady)
            firstReady = 0
        }
        dirty.remove(key)
        processing.insert(key)
        return key
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
