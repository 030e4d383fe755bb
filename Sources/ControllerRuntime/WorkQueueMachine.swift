/// What a work queue knows, as a value: which keys wait, which are worked on, which come later, and how often each failed.
///
/// A key is worked on by one worker at a time. Added meanwhile, it is worked on once more afterwards, however often it was
/// added (client-go's dirty and processing sets).
public struct WorkQueueMachine<Key: Hashable & Sendable, Time: Comparable & Sendable>: Sendable {
    private var ready: [Key] = []
    private var firstReady = 0
    private var dirty: Set<Key> = []
    private var processing: Set<Key> = []
    private var later: [Key: Time] = [:]
    private var failures: [Key: Int] = [:]

    public init() {}

    public var depth: Int { ready.count - firstReady }

    public mutating func add(_ key: Key) {
        later[key] = nil
        guard dirty.insert(key).inserted, !processing.contains(key) else { return }
        ready.append(key)
    }

    /// The earlier of two times wins.
    public mutating func add(_ key: Key, at time: Time) {
        if let known = later[key], known <= time { return }
        later[key] = time
    }

    /// Moves what is due to the ready keys.
    public mutating func advance(to now: Time) {
        for key in later.filter({ $0.value <= now }).keys { add(key) }
    }

    public var nextDue: Time? { later.values.min() }

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
        processing.remove(key)
        if dirty.contains(key) { ready.append(key) }
    }

    public mutating func forget(_ key: Key) { failures[key] = nil }

    /// - Returns: how long to wait: 5 ms, doubled with each failure in a row, at most 1000 s.
    public mutating func failed(_ key: Key) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        return count >= 18 ? .seconds(1000) : min(.seconds(1000), .milliseconds(5) * (1 << count))
    }
}
