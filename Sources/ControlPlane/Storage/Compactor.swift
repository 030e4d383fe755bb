import Logging

/// Drops old history from time to time.
struct Compactor: Sendable {
    var store: Store
    var hub: WatchHub
    var interval: Duration
    var logger: Logger
    var clock: any Clock<Duration> = ContinuousClock()

    func run() async throws {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: interval, tolerance: nil)
                hub.forget(upTo: try await store.compact())
            } catch is CancellationError {
                return
            } catch StorageError.closed {
                return
            } catch {
                logger.error("old history cannot be dropped", metadata: ["error": "\(error)"])
            }
        }
    }
}
