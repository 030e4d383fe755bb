import Foundation
import KubernetesModel
import Logging

/// The controllers inside the server. Each hears of every committed change, one after the other, and writes through the
/// same rules as clients. At the start, and after an error, everything is looked at again.
struct ControllerLoop: Sendable {
    var api: APIServer
    var controllers: [any Controlling]
    var logger: Logger
    var retryDelay: Duration = .seconds(1)

    func run() async throws {
        let (bell, id, ring) = api.hub.subscribe()
        defer { api.hub.unsubscribe(id) }
        var cursor: Int64?
        for await _ in bell {
            do {
                cursor = try await catchUp(from: cursor)
            } catch is CancellationError {
                return
            } catch StorageError.closed {
                return
            } catch {
                logger.error("a controller failed; everything is looked at again", metadata: ["error": "\(error)"])
                cursor = nil
                try? await Task.sleep(for: retryDelay)
                if Task.isCancelled { return }
                ring.yield()
            }
        }
    }

    private func catchUp(from start: Int64?) async throws -> Int64 {
        var cursor = start
        while true {
            try Task.checkCancellation()
            guard let position = cursor, let (events, upTo) = api.hub.events(after: position, in: nil, limit: 256)
            else {
                let now = api.hub.latest
                for controller in controllers { try await controller.resync(api) }
                cursor = now
                continue
            }
            for event in events {
                for controller in controllers { try await controller.handle(event, api) }
            }
            if upTo == position { return position }
            cursor = upTo
        }
    }
}

/// A controller inside the server. What it does must be idempotent.
protocol Controlling: Sendable {
    /// Looks at everything.
    func resync(_ api: APIServer) async throws
    func handle(_ event: LogEvent, _ api: APIServer) async throws
}
