import Dispatch
import GRDB
import KubernetesModel
import Logging
import Synchronization

/// The durable store: every version of every object in one SQLite table, numbered by one rising revision.
///
/// A record knows the revision that replaced it, so the state at any revision that is not compacted yet can be read: that
/// gives consistent pages, watches that resume, and the state before each change. Writes go through one queue, several
/// waiting ones share a transaction (and its fsync), and nothing is announced to watchers before it is committed.
///
/// Guarantees: an acknowledged write survives `kill -9` and power loss (WAL with `synchronous=FULL`).
final class Store: Sendable {
    struct Limits: Sendable {
        /// How many changes are kept for watches and pages to resume from.
        var historyCount: Int64 = 10_000
        /// How long changes are kept, in seconds.
        var historySeconds: Int64 = 600
        /// How many waiting writes share one transaction at most.
        var writesPerTransaction = 64
    }

    let pool: DatabasePool
    let limits: Limits
    private let queue = DispatchQueue(label: "control-plane.store.writer")
    private let waiting = Mutex(Waiting())
    /// Called on the writer's queue after each commit, in the order of revisions.
    private let published: Mutex<@Sendable ([LogEvent]) -> Void> = Mutex { _ in }

    private struct Waiting {
        var jobs: [any WriteJob] = []
        var isDraining = false
        var isClosed = false
    }

    /// Opens or creates the database.
    /// - Parameter path: the database file; its folder must exist and be private to this user.
    init(path: String, limits: Limits = Limits()) throws {
        self.limits = limits
        var configuration = Configuration()
        configuration.label = "control-plane"
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            // WAL's default here is NORMAL, which loses the last commits in a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA busy_timeout = 5000")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        try Self.migrator.migrate(pool)
    }

    /// Sets who hears of commits. To be called before the first write.
    func publish(to receiver: @escaping @Sendable ([LogEvent]) -> Void) {
        published.withLock { $0 = receiver }
    }

    /// Runs `body` in a transaction on the writer's queue and returns when it is on the disk. An error thrown by `body`
    /// undoes what it wrote. Not cancellable: half a write is none.
    @discardableResult
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job(body: body, continuation: continuation)
            let (refused, drain) = waiting.withLock { state in
                if state.isClosed { return (true, false) }
                state.jobs.append(job)
                let drain = !state.isDraining
                state.isDraining = true
                return (false, drain)
            }
            if refused { continuation.resume(throwing: StorageError.closed) }
            if drain { queue.async { self.drain() } }
        }
    }

    /// Refuses further writes, waits for the running ones and closes the database.
    func close() async throws {
        waiting.withLock { $0.isClosed = true }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async {
                self.drain()
                continuation.resume(with: Result { try self.pool.close() })
            }
        }
    }

    private func drain() {
        while true {
            let jobs: [any WriteJob] = waiting.withLock { state in
                let batch = Array(state.jobs.prefix(limits.writesPerTransaction))
                state.jobs.removeFirst(batch.count)
                if batch.isEmpty { state.isDraining = false }
                return batch
            }
            if jobs.isEmpty { return }
            commit(jobs)
        }
    }

    private func commit(_ jobs: [any WriteJob]) {
        do {
            let events = try pool.writeWithoutTransaction { db in
                var events: [LogEvent] = []
                try db.inTransaction(.immediate) {
                    let transaction = try StoreTransaction(db)
                    for job in jobs {
                        let mark = transaction.mark
                        do {
                            try db.inSavepoint {
                                try job.run(transaction)
                                return .commit
                            }
                        } catch {
                            transaction.rewind(to: mark)
                            job.fail(error)
                        }
                    }
                    try transaction.finish()
                    events = transaction.events
                    return .commit
                }
                return events
            }
            if !events.isEmpty { published.withLock { $0 }(events) }
            for job in jobs { job.succeed() }
        } catch {
            for job in jobs { job.fail(error) }
        }
    }
}

/// A waiting write whose result type is known to itself alone.
private protocol WriteJob: AnyObject, Sendable {
    /// Runs the body and keeps its value until the commit is done.
    func run(_ transaction: StoreTransaction) throws
    func succeed()
    /// The first outcome counts.
    func fail(_ error: any Error)
}

private final class Job<Value: Sendable>: WriteJob {
    private let body: @Sendable (StoreTransaction) throws -> Value
    private let state: Mutex<(value: Value?, continuation: CheckedContinuation<Value, any Error>?)>

    init(
        body: @escaping @Sendable (StoreTransaction) throws -> Value,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        state = Mutex((nil, continuation))
    }

    func run(_ transaction: StoreTransaction) throws {
        let value = try body(transaction)
        state.withLock { $0.value = value }
    }

    func succeed() {
        let (value, continuation) = state.withLock { state in
            defer { state.continuation = nil }
            return (state.value, state.continuation)
        }
        if let value { continuation?.resume(returning: value) }
    }

    func fail(_ error: any Error) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(throwing: error)
    }
}
