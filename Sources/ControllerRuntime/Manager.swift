import KubernetesModel
import Logging
public import ServiceLifecycle

/// Starts caches, then, when it is their turn, controllers; ends controllers, then caches, then what let them lead.
public final class Manager: Service {
    private let caches: [@Sendable () async -> Void]
    private let syncs: [@Sendable () async -> Void]
    private let workers: [@Sendable () async -> Void]

    /// - Parameters:
    ///   - caches: informers' `run`.
    ///   - syncs: informers' `waitForSync`.
    ///   - workers: controllers' `run` and whatever else works on the caches.
    public init(
        caches: [@Sendable () async -> Void], syncs: [@Sendable () async -> Void], workers: [@Sendable () async -> Void]
    ) {
        self.caches = caches
        self.syncs = syncs
        self.workers = workers
    }

    /// Until graceful shutdown, cancellation, or what `lead` waits for.
    ///
    /// Graceful shutdown ends the workers; the caches are kept until the last of them has ended.
    public func run() async throws { try await run { workers in await workers() } }

    /// - Parameter lead: called with the workers once the caches are in; runs them when it is their turn.
    public func run(
        lead: @escaping @Sendable (_ workers: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let stop = Wakeup()
        let ended = Latch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                await keepCaches(until: stop)
                ended.open()
            }
            defer { group.cancelAll() }
            try await cancelWhenGracefulShutdown { [self] in
                for sync in syncs { await sync() }
                guard !Task.isCancelled else { return }
                try await lead { [self] in
                    await work()
                    // Before the lease is given back: nothing of ours is connected when another begins.
                    stop.ring()
                    await ended.wait()
                }
            }
        }
    }

    private func keepCaches(until stop: Wakeup) async {
        await withTaskGroup(of: Void.self) { group in
            for cache in caches { group.addTask { await cache() } }
            await stop.wait()
            group.cancelAll()
        }
    }

    private func work() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { await worker() } }
        }
    }
}
