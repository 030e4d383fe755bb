import Synchronization

/// Runs what takes longer than a reconcile pass: a backup, a step of a recovery.
///
/// An activity is known by its name. Starting a name that runs already does nothing, so that a reconciler may say
/// "this should be running" as often as it likes. Everything runs below ``run()``: when that is cancelled, so is every
/// activity, and ``run()`` returns when the last one has ended.
public final class ActivityRunner: Sendable {
    private struct Launch: Sendable {
        let name: String
        let operation: @Sendable () async -> Void
        let cancellation: AsyncStream<Void>
    }

    private let launches: AsyncStream<Launch>
    private let launch: AsyncStream<Launch>.Continuation
    private struct Running {
        /// A value cancels it.
        let cancel: AsyncStream<Void>.Continuation
        var wasCancelled = false
    }

    private let running = Mutex<[String: Running]>([:])

    public init() {
        (launches, launch) = AsyncStream.makeStream()
    }

    /// - Returns: false when an activity of that name runs already.
    @discardableResult
    public func start(_ name: String, operation: @escaping @Sendable () async -> Void) -> Bool {
        let (cancellation, cancel) = AsyncStream<Void>.makeStream()
        let isNew = running.withLock { running in
            guard running[name] == nil else { return false }
            running[name] = Running(cancel: cancel)
            return true
        }
        if isNew { launch.yield(Launch(name: name, operation: operation, cancellation: cancellation)) }
        return isNew
    }

    public func isRunning(_ name: String) -> Bool { running.withLock { $0[name] != nil } }

    /// Asks an activity to stop; it is running until it has.
    public func cancel(_ name: String) {
        running.withLock { running in
            running[name]?.wasCancelled = true
            _ = running[name]?.cancel.yield()
        }
    }

    /// Whether a running activity was asked to stop. One that is cancelled and was not is ended with the whole process.
    public func wasCancelled(_ name: String) -> Bool { running.withLock { $0[name]?.wasCancelled ?? false } }

    public var names: [String] { running.withLock { Array($0.keys) } }

    /// Until cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for await launch in launches {
                group.addTask { [self] in
                    await race(launch)
                    running.withLock { $0.removeValue(forKey: launch.name) }?.cancel.finish()
                }
            }
            group.cancelAll()
        }
    }

    /// The operation and the wait for its cancellation: the first to end ends the other.
    private func race(_ launch: Launch) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await launch.operation() }
            group.addTask { for await _ in launch.cancellation { return } }
            await group.next()
            group.cancelAll()
        }
    }
}
