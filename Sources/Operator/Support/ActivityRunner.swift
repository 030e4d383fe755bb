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
    /// The running activities, each with the way to cancel it.
    private let running = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

    private let ending = Mutex(false)

    public init() {
        (launches, launch) = AsyncStream.makeStream()
    }

    /// - Returns: false when an activity of that name runs already.
    @discardableResult
    public func start(_ name: String, operation: @escaping @Sendable () async -> Void) -> Bool {
        let (cancellation, cancel) = AsyncStream<Void>.makeStream()
        let isNew = running.withLock { running in
            guard running[name] == nil else { return false }
            running[name] = cancel
            return true
        }
        if isNew { launch.yield(Launch(name: name, operation: operation, cancellation: cancellation)) }
        return isNew
    }

    public func isRunning(_ name: String) -> Bool { running.withLock { $0[name] != nil } }

    /// Asks an activity to stop; it is running until it has.
    public func cancel(_ name: String) { _ = running.withLock { $0[name]?.yield() } }

    /// Whether ``run()`` is being cancelled: an activity that is cancelled then was not cancelled for itself.
    public var isEnding: Bool { ending.withLock { $0 } }

    public var names: [String] { running.withLock { Array($0.keys) } }

    /// Until cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            await withTaskCancellationHandler {
            for await launch in launches {
                group.addTask { [self] in
                    await race(launch)
                    running.withLock { $0.removeValue(forKey: launch.name) }?.finish()
                }
            }
            } onCancel: { ending.withLock { $0 = true } }
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
