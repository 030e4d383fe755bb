import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// What a reconcile pass wants next.
public enum ReconcileResult: Sendable, Equatable {
    /// Nothing, until something changes.
    case done
    /// Another look after a while.
    case requeue(after: Duration)
}

/// An error that another attempt cannot mend: the object has to change first.
public struct TerminalError: Error, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// What a controller tells about itself. The names are controller-runtime's.
public protocol RuntimeMetrics: Sendable {
    func reconciled(controller: String, result: String, seconds: Double)
    func queue(controller: String, depth: Int)
}

public struct NoRuntimeMetrics: RuntimeMetrics {
    public init() {}
    public func reconciled(controller: String, result: String, seconds: Double) {}
    public func queue(controller: String, depth: Int) {}
}

/// Workers that bring one kind's objects to where they should be, one key at a time.
///
/// **Guarantees.** A key is never reconciled twice at once. A failed key comes back with a growing delay; a key that asks
/// for another look comes back then, and sooner if something changes. A pass finds in the caches that the controller watches
/// what the pass before it has written, unless a watch lags by more than five seconds.
public final class Controller: Sendable {
    public let name: String
    public let queue = WorkQueue()
    private let workers: Int
    private let reconcile: @Sendable (ObjectKey) async throws -> ReconcileResult
    private let metrics: any RuntimeMetrics
    private let logger: Logger
    private let ownWrites = Mutex(OwnWrites())

    public init(
        name: String, workers: Int = 2, metrics: any RuntimeMetrics = NoRuntimeMetrics(), logger: Logger,
        reconcile: @escaping @Sendable (ObjectKey) async throws -> ReconcileResult
    ) {
        self.name = name
        self.workers = workers
        self.reconcile = reconcile
        self.metrics = metrics
        var logger = logger
        logger[metadataKey: "controller"] = "\(name)"
        self.logger = logger
    }

    /// Reconciles an object whenever it changes.
    public func watch<R>(_ informer: Informer<R>) { watch(informer) { [$0.reference] } }

    /// Reconciles what a change of another kind's object concerns.
    public func watch<R>(_ informer: Informer<R>, mapping: @escaping @Sendable (R) -> [ObjectKey]) {
        ownWrites.withLock { $0.caches[R.resourceType] = { informer.hasSeen($0, of: $1) } }
        informer.onChange { [queue] change, origin in
            let keys = mapping(change.object)
            for key in keys { await queue.add(key, priority: origin == .firstList ? .low : .normal) }
            if case .updated(let old, _) = change {
                for key in mapping(old) where !keys.contains(key) { await queue.add(key) }
            }
        }
    }

    /// Until cancelled; passes under way are finished or cancelled with it.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [queue] in await queue.run() }
            for _ in 0..<workers { group.addTask { await self.work() } }
        }
    }

    private func work() async {
        while let key = await queue.next() {
            let began = ContinuousClock.now
            if let pause = hold(key, at: began) {
                await queue.finish(key, .wait(pause))
                continue
            }
            let outcome: WorkQueue.Outcome
            var result = "success"
            do {
                switch try await observed(key) {
                case .done: outcome = .done
                case .requeue(let delay):
                    result = "requeue_after"
                    outcome = .requeue(delay)
                }
            } catch let error as TerminalError {
                result = "error"
                logger.error("cannot be reconciled until it changes", metadata: ["key": "\(key)", "error": "\(error)"])
                outcome = .done
            } catch let error as KubernetesError where error.isNamespaceEnding {
                // All that is in it goes, this object too.
                logger.debug("the namespace is being deleted", metadata: ["key": "\(key)"])
                outcome = .done
            } catch {
                result = "error"
                if (error as? KubernetesError)?.reason == .conflict {
                    // Another writer was faster. What it wrote is looked at now.
                    logger.debug("the object has changed meanwhile", metadata: ["key": "\(key)"])
                } else if !Task.isCancelled {
                    logger.warning("reconciling failed", metadata: ["key": "\(key)", "error": "\(error)"])
                }
                outcome = .failed
            }
            await queue.finish(key, outcome)
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            metrics.reconciled(controller: name, result: result, seconds: seconds)
            metrics.queue(controller: name, depth: await queue.depth)
        }
    }

    /// - Returns: how long the key waits for what its last pass has written.
    private func hold(_ key: ObjectKey, at now: ContinuousClock.Instant) -> Duration? {
        let (pause, isLate) = ownWrites.withLock { $0.hold(key, at: now) }
        if isLate { logger.warning("the cache lags behind what was written", metadata: ["key": "\(key)"]) }
        return pause
    }

    /// Writes down what the pass writes, also when it fails in the end.
    private func observed(_ key: ObjectKey) async throws -> ReconcileResult {
        let observer = WriteObserver { [self] write in ownWrites.withLock { $0.wrote(write, in: key, at: .now) } }
        return try await WriteObserver.$current.withValue(observer) { try await reconcile(key) }
    }
}
