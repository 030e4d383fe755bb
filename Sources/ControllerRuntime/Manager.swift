import KubernetesModel
import Logging
public import ServiceLifecycle

/// Starts caches, then controllers, and ends them in the reverse order.
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

    /// Until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for cache in self.caches { group.addTask { await cache() } }
                group.addTask {
                    for sync in self.syncs { await sync() }
                    await withTaskGroup(of: Void.self) { workers in
                        for worker in self.workers { workers.addTask { await worker() } }
                    }
                }
            }
        }
    }
}
