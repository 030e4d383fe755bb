public import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// A cache of all objects of a kind, in all namespaces or in some, that is kept fresh by a watch of each.
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
    /// Nil for all of the cluster.
    let namespaces: Set<String>?
    let logger: Logger
    let timing: InformerTiming
    let cache = Mutex<[ObjectKey: R]>([:])
    private let handlers = Mutex<[@Sendable (Change, Origin) async -> Void]>([])
    private let synced = Mutex(Synced())
    /// When each watch last moved; a namespace whose watch stands still must not hide behind another.
    private let contacts: Mutex<[String?: ContinuousClock.Instant]>
    /// The newest version that each watch has brought.
    private let versions = Mutex<[String?: String]>([:])

    /// Why a change is told.
    public enum Origin: Sendable {
        /// It was there before this informer began.
        case firstList
        case change
    }

    private struct Synced {
        /// The namespaces whose first list is in.
        var done: Set<String?> = []
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// - Parameter namespaces: empty for all of the cluster, which needs rights in all of it.
    public convenience init(
        _ type: R.Type = R.self, client: KubernetesClient, namespaces: Set<String> = [], logger: Logger
    ) {
        self.init(client: client, namespaces: namespaces, timing: InformerTiming(), logger: logger)
    }

    init(client: KubernetesClient, namespaces: Set<String> = [], timing: InformerTiming, logger: Logger) {
        self.client = client
        self.namespaces = namespaces.isEmpty || !R.resourceType.namespaced ? nil : namespaces
        self.timing = timing
        let places: [String?] = self.namespaces.map { $0.map { $0 } } ?? [nil]
        contacts = Mutex(Dictionary(uniqueKeysWithValues: places.map { ($0, .now) }))
        var logger = logger
        logger[metadataKey: "kind"] = "\(R.resourceType.kind)"
        self.logger = logger
    }

    /// Called for every change, in order, before the next is taken. Before ``run()`` only.
    public func onChange(_ handler: @escaping @Sendable (Change) async -> Void) {
        onChange { change, _ in await handler(change) }
    }

    public func onChange(_ handler: @escaping @Sendable (Change, Origin) async -> Void) {
        handlers.withLock { $0.append(handler) }
    }

    public func get(_ key: ObjectKey) -> R? { cache.withLock { $0[key] } }

    public func list(namespace: String? = nil) -> [R] {
        cache.withLock { cache in
            cache.values.filter { namespace == nil || $0.namespace == namespace }
        }.sorted { $0.reference < $1.reference }
    }

    public var hasSynced: Bool { synced.withLock { isComplete($0) } }

    private func isComplete(_ state: Synced) -> Bool { state.done.count == (namespaces?.count ?? 1) }

    /// When the watch last asked the server for something or a byte of it came: of the one that has been still for longest. A
    /// server that is away does not stop it, for it is asked again and again.
    public var lastActivity: ContinuousClock.Instant { contacts.withLock { $0.values.min() } ?? .now }

    func contact(_ namespace: String?) { contacts.withLock { $0[namespace] = .now } }

    func saw(_ version: String, in namespace: String?) { versions.withLock { $0[namespace] = version } }

    /// Whether the cache has this version of an object, or has gone past it. Always true for what is not watched: it never comes.
    ///
    /// Versions of one kind grow and may be compared as numbers (KEP-5504); where they are none, only the very version counts.
    public func hasSeen(_ version: String, of key: ObjectKey) -> Bool {
        if let namespaces, !namespaces.contains(key.namespace) { return true }
        if get(key)?.metadata.resourceVersion == version { return true }
        let newest = versions.withLock { $0[namespaces == nil ? nil : key.namespace] }
        guard let newest = newest.flatMap({ UInt64($0) }), let wanted = UInt64(version) else { return false }
        return newest >= wanted
    }

    /// Until the first list is in, or the task is cancelled.
    public func waitForSync() async {
        let waiter = synced.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = synced.withLock { state in
                    if isComplete(state) || Task.isCancelled { return true }
                    state.waiting[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            synced.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
        }
    }

    func markSynced(_ namespace: String?) {
        let waiting = synced.withLock { state in
            state.done.insert(namespace)
            guard isComplete(state) else { return [UInt64: CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Lists and watches until cancelled. Never ends by itself: every failure is waited out.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            guard let namespaces else {
                group.addTask { await Reflector(self, namespace: nil).run() }
                return
            }
            for namespace in namespaces { group.addTask { await Reflector(self, namespace: namespace).run() } }
        }
    }

    // MARK: Changes

    func set(_ object: R, _ origin: Origin = .change) async {
        let old = cache.withLock { cache in
            defer { cache[object.reference] = object }
            return cache[object.reference]
        }
        if let old, old.metadata.uid == object.metadata.uid {
            // A resumed watch may repeat what is known.
            guard old.metadata.resourceVersion != object.metadata.resourceVersion else { return }
            await tell(.updated(old: old, new: object), origin)
        } else {
            if let old { await tell(.deleted(old), origin) }
            await tell(.added(object), origin)
        }
    }

    func remove(_ key: ObjectKey) async {
        if let old = cache.withLock({ $0.removeValue(forKey: key) }) { await tell(.deleted(old), .change) }
    }

    /// What a list does not have any more was deleted while nobody watched.
    func replace(_ objects: [R], in namespace: String?) async {
        let origin: Origin = synced.withLock { $0.done.contains(namespace) } ? .change : .firstList
        let present = Set(objects.map(\.reference))
        let gone = cache.withLock { cache in
            cache.keys.filter { !present.contains($0) && (namespace == nil || $0.namespace == namespace) }
        }
        for key in gone { await remove(key) }
        for object in objects { await set(object, origin) }
    }

    private func tell(_ change: Change, _ origin: Origin) async {
        for handler in handlers.withLock({ $0 }) { await handler(change, origin) }
    }
}
