import KubernetesModel
import Synchronization

/// One watch from its first event to its end.
struct WatchSession: Sendable {
    enum Start: Sendable {
        /// All objects that there are, as additions, and then what changes.
        case everything
        /// What changed after this revision. One of the future waits for it.
        case after(Int64)
    }

    struct Timing: Sendable {
        /// How long the watch lasts.
        var timeout: Duration
        /// How often a bookmark is sent.
        var bookmark: Duration = .seconds(60)
        /// How long before the end the last bookmark is sent.
        var bookmarkBeforeEnd: Duration = .seconds(2)
    }

    var store: Store
    var hub: WatchHub
    var selection: WatchSelection
    var start: Start
    var sendsBookmarks: Bool
    var timing: Timing
    var renderer: WatchRenderer
    /// Writes are gathered up to about this size.
    private let pieceSize = 64 << 10

    /// What takes the bytes of events. Concurrent, as the writers of responses are.
    typealias Emit = @concurrent ([UInt8]) async throws -> Void

    /// Sends events until the schedule's end, until `bell` ends (the hub closes, or the client has gone), or until
    /// `emit` throws.
    @concurrent
    func run(bell: WatchHub.Doorbell, schedule: WatchSchedule, emit: Emit) async throws {
        var renderer = self.renderer
        var cursor: Int64
        switch start {
        case .after(let revision): cursor = revision
        case .everything: cursor = try await sendAll(&renderer, emit)
        }
        for await _ in bell {
            do {
                cursor = try await sendChanges(after: cursor, &renderer, emit)
            } catch StorageError.compacted(let requested, let oldest) {
                try await emit(renderer.error(.expired("too old resource version: \(requested) (\(oldest))")))
                return
            }
            switch schedule.due() {
            case .nothing: continue
            case .bookmark: if cursor <= hub.latest { try await emit(renderer.bookmark(cursor, endsInitial: false)) }
            case .end: return
            }
        }
    }

    @concurrent
    private func sendAll(
        _ renderer: inout WatchRenderer, _ emit: Emit
    ) async throws -> Int64 {
        let page = try await store.list(selection.collection, namespace: selection.namespace)
        var piece: [UInt8] = []
        for record in page.records where selection.matches(record.object) {
            piece += renderer.event(.added, record.object, bytes: record.bytes)
            if piece.count >= pieceSize {
                try await emit(piece)
                piece = []
            }
        }
        if sendsBookmarks { piece += renderer.bookmark(page.revision, endsInitial: true) }
        if !piece.isEmpty { try await emit(piece) }
        return page.revision
    }

    /// Sends all that is committed after `cursor`.
    @concurrent
    private func sendChanges(
        after cursor: Int64, _ renderer: inout WatchRenderer, _ emit: Emit
    ) async throws -> Int64 {
        var cursor = cursor
        while cursor < hub.latest {
            let (events, upTo) =
                if let recent = hub.events(after: cursor, in: selection.collection, limit: 256) {
                    recent
                } else {
                    try await store.events(after: cursor, in: selection.collection, limit: 256)
                }
            var piece: [UInt8] = []
            for event in events {
                guard let sight = selection.sight(of: event) else { continue }
                piece += renderer.event(sight.kind, sight.object, bytes: sight.bytes)
            }
            if !piece.isEmpty { try await emit(piece) }
            cursor = upTo
        }
        return cursor
    }
}
