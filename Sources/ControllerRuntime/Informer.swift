public import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// A cache of all objects of a kind that is kept fresh by a watch.
public final class Informer<R: KubernetesResource>: Sendable {
    public enum Change: Sendable {
        case added(R)
        case updated(old: R, new: R)
        case deleted(R)

        public var object: R {
            switch self {
            case .added(let object), .updated(_, let object), .deleted(let object): object
            }
        }
    }

    let client: KubernetesClient
    let namespace: String?
    let logger: Logger
    let cache = Mutex<[ObjectKey: R]>([:])
    private let handlers = Mutex<[@Sendable (Change) async -> Void]>([])
    private let synced = Mutex(Synced())
    let lastContact = Mutex(ContinuousClock.now)

    private struct Synced {
        var isDone = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    public init(_ type: R.Type = R.self, client: KubernetesClient, namespace: String? = nil, logger: Logger) {
        self.client = client
        self.namespace = namespace
        var logger = logger
        logger[metadataKey: "kind"] = "\(R.resourceType.kind)"
        self.logger = logger
    }

    /// Called for every change, in order, before the next is taken. Before ``run()`` only.
    public func onChange(_ handler: @escaping @Sendable (Change) async -> Void) { handlers.withLock { $0.append(handler) } }

    public func get(_ key: ObjectKey) -> R? { cache.withLock { $0[key] } }

    public func list(namespace: String? = nil) -> [R] {
        cache.withLock { cache in
            cache.values.filter { namespace == nil || $0.namespace == namespace }
        }.sorted { $0.reference < $1.reference }
    }

    public var hasSynced: Bool { synced.withLock { $0.isDone } }

    /// When a byte last came from the server.
    public var lastActivity: ContinuousClock.Instant { lastContact.withLock { $0 } }

    /// Until the first list is in.
    public func waitForSync() async {
        await withCheckedContinuation { continuation in
            let done = synced.withLock { state in
                if !state.isDone { state.waiting.append(continuation) }
                return state.isDone
            }
            if done { continuation.resume() }
        }
    }

    func markSynced() {
        let waiting = synced.withLock { state in
            state.isDone = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Changes

    func set(_ object: R) async {
        let old = cache.withLock { cache in
            defer { cache[object.reference] = object }
            return cache[object.reference]
        }
        if let old, old.metadata.uid == object.metadata.uid {
            // A resumed watch may repeat what is known.
            guard old.metadata.resourceVersion != object.metadata.resourceVersion else { return }
            await tell(.updated(old: old, new: object))
        } else {
            if let old { await tell(.deleted(old)) }
            await tell(.added(object))
        }
    }

    func remove(_ key: ObjectKey) async {
        if let old = cache.withLock({ $0.removeValue(forKey: key) }) { await tell(.deleted(old)) }
    }

    /// What a list does not have any more was deleted while nobody watched.
    func replace(_ objects: [R]) async {
        let present = Set(objects.map(\.reference))
        for key in cache.withLock({ $0.keys.filter { !present.contains($0) } }) { await remove(key) }
        for object in objects { await set(object) }
    }

    private func tell(_ change: Change) async {
        for handler in handlers.withLock({ $0 }) { await handler(change) }
    }
}
