import Foundation
import Logging

/// Drops old history from time to time, and Events that nobody repeated for long.
struct Compactor: Sendable {
    var store: Store
    var hub: WatchHub
    var interval: Duration
    /// How long an Event is kept after it was last written.
    var eventLifetime: Duration
    var logger: Logger
    var clock: any Clock<Duration> = ContinuousClock()

    func run() async throws {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: interval, tolerance: nil)
                try await expireEvents(now: Date())
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

    /// Kubernetes keeps Events for an hour; without an end they would fill the state folder.
    func expireEvents(now: Date) async throws {
        let horizon = Int64(now.timeIntervalSince1970) - eventLifetime.components.seconds
        try await store.write { transaction in
            for record in try transaction.list(Collection(group: "", resource: "events"), unchangedSince: horizon) {
                try transaction.remove(record.key, record.object)
            }
        }
    }
}
