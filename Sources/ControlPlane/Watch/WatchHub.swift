import KubernetesModel
import Synchronization

/// Spreads committed changes to the watchers.
///
/// Watchers pull: each has a cursor into one shared log, of which the newest part is held here and the rest in the
/// database. So a watcher has no buffer of its own to overflow, a slow one costs no memory, and one that falls behind the
/// compacted history is told so (410) and ends.
final class WatchHub: Sendable {
    /// Rings when there may be something new. Rings of the same moment are one.
    typealias Doorbell = AsyncStream<Void>

    private struct State {
        /// The newest changes of all collections.
        var recent: [LogEvent] = []
        /// `recent` is complete after this revision.
        var start: Int64 = 0
        var latest: Int64 = 0
        var size = 0
        var bells: [Int: Doorbell.Continuation] = [:]
        var nextBell = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let capacity: Int
    private let byteCapacity: Int

    /// - Parameters:
    ///   - revision: the newest committed revision.
    ///   - capacity: how many changes are held in memory.
    ///   - byteCapacity: how many bytes of documents are held in memory.
    init(revision: Int64, capacity: Int = 2048, byteCapacity: Int = 16 << 20) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
        state = Mutex(State(start: revision, latest: revision))
    }

    /// Takes changes that are committed, in the order of their revisions.
    func publish(_ events: [LogEvent]) {
        let bells = state.withLock { state in
            state.recent.append(contentsOf: events)
            state.latest = events.last?.revision ?? state.latest
            state.size += events.reduce(0) { $0 + $1.record.bytes.count }
            // Trimmed to half at once, so that the cost of moving the rest is spread.
            if state.recent.count > capacity || state.size > byteCapacity {
                var count = 0
                while count < state.recent.count,
                    state.recent.count - count > capacity / 2 || state.size > byteCapacity / 2
                {
                    state.size -= state.recent[count].record.bytes.count
                    state.start = state.recent[count].revision
                    count += 1
                }
                state.recent.removeFirst(count)
            }
            return Array(state.bells.values)
        }
        for bell in bells { bell.yield() }
    }

    /// The changes after `revision`, or nil when they reach further back than memory does.
    /// - Parameter collection: nil for all.
    /// - Returns: at most `limit` events, and the revision up to which they are complete.
    func events(after revision: Int64, in collection: Collection?, limit: Int) -> ([LogEvent], Int64)? {
        state.withLock { state in
            if revision < state.start { return nil }
            var index = state.recent.partitioningIndex { $0.revision > revision }
            var found: [LogEvent] = []
            while index < state.recent.count {
                if found.count == limit { return (found, state.recent[index - 1].revision) }
                let event = state.recent[index]
                if collection == nil || event.record.key.collection == collection { found.append(event) }
                index += 1
            }
            return (found, max(revision, state.latest))
        }
    }

    /// Drops what the database has dropped too, so that both answer alike.
    func forget(upTo revision: Int64) {
        state.withLock { state in
            let count = state.recent.partitioningIndex { $0.revision > revision }
            if count == 0 { return }
            state.size -= state.recent[..<count].reduce(0) { $0 + $1.record.bytes.count }
            state.recent.removeFirst(count)
            state.start = max(state.start, revision)
        }
    }

    /// The newest committed revision.
    var latest: Int64 { state.withLock { $0.latest } }

    /// How many watchers there are.
    var watcherCount: Int { state.withLock { $0.bells.count } }

    /// A bell for one watcher, already rung once. It ends when the hub closes.
    func subscribe() -> (bell: Doorbell, id: Int, ring: Doorbell.Continuation) {
        let (bell, continuation) = Doorbell.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (id, isClosed) = state.withLock { state in
            state.nextBell += 1
            if !state.isClosed { state.bells[state.nextBell] = continuation }
            return (state.nextBell, state.isClosed)
        }
        continuation.yield()
        if isClosed { continuation.finish() }
        return (bell, id, continuation)
    }

    func unsubscribe(_ id: Int) {
        let bell = state.withLock { $0.bells.removeValue(forKey: id) }
        bell?.finish()
    }

    /// Ends every watch now, and those to come at once.
    func close() {
        let bells = state.withLock { state in
            state.isClosed = true
            defer { state.bells = [:] }
            return Array(state.bells.values)
        }
        for bell in bells { bell.finish() }
    }
}

extension [LogEvent] {
    /// The first index whose element satisfies a condition that holds for all after it.
    fileprivate func partitioningIndex(where isAfter: (LogEvent) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
