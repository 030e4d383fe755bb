public import Foundation
public import ObjectStore

/// Deletes what a ``RetentionDecision`` lets go.
///
/// The list of everything that goes is written first. Then the manifests go, so that nobody is offered a backup whose data is
/// half gone, then the data, then whatever else knows of the backups, then the list. Killed anywhere, the next call finishes
/// the list it finds, except for what has to be kept by then: no data goes before the last manifest, so that a backup whose
/// manifest is still there is whole.
public struct Expiry: Sendable {
    /// What a list says.
    public struct List: Codable, Sendable, Hashable {
        public var namespace: String
        public var policy: String
        public var backups: [String]
        public var objects: [String]
        public var decidedAt: Date
        public var writer: String

        public init(
            namespace: String, policy: String, backups: [String], objects: [String], decidedAt: Date, writer: String
        ) {
            self.namespace = namespace
            self.policy = policy
            self.backups = backups
            self.objects = objects
            self.decidedAt = decidedAt
            self.writer = writer
        }
    }

    let store: any ObjectStore
    let cache: CatalogueCache?

    public init(_ store: any ObjectStore, cache: CatalogueCache? = nil) {
        self.store = store
        self.cache = cache
    }

    /// - Parameters:
    ///   - running: Backups of the policy that are being made: nothing of theirs is deleted.
    ///   - forget: Called with the names of backups whose data is gone, before the list goes: again if a kill comes between.
    /// - Returns: The names of the backups that are gone.
    /// - Throws: `ObjectStoreError`; what is left is finished by the next call.
    public func perform(
        _ decision: RetentionDecision, namespace: String, policy: String, running: Set<String> = [], now: Date,
        writer: String,
        forget: ([String]) async throws -> Void = { _ in }
    ) async throws -> [String] {
        let begun = try await begun(namespace: namespace, policy: policy)
        var gone: [String] = []
        for (key, list) in begun { gone += try await carryOut(list, key, decision, running, forget) }
        let known = Set(gone)
        let expired = decision.expired.map(\.backup).filter { !known.contains($0) }
        guard !expired.isEmpty else { return gone }
        let list = List(
            namespace: namespace, policy: policy, backups: expired, objects: decision.objects, decidedAt: now,
            writer: writer)
        return gone + (try await carryOut(list, try await write(list), decision, running, forget))
    }

    /// Deletes objects that no manifest names, except those that are locked.
    /// - Parameter known: Names of backups that were complete when they were last looked at.
    /// - Returns: What went.
    /// - Throws: ``ArchiveError`` with `.incompleteList`: what no listed manifest names may be another's.
    @discardableResult
    public func sweep(
        _ objects: [String], namespace: String, policy: String, running: Set<String>, known: Set<String> = [],
        now: Date, writer: String
    ) async throws -> [String] {
        guard !objects.isEmpty else { return [] }
        _ = try await completeList(namespace: namespace, policy: policy, known: known)
        // What a backup that never ended has stored is locked as well as any.
        var free: [String] = []
        for object in objects where try await store.lockedUntil(object) == nil { free.append(object) }
        let objects = free
        guard !objects.isEmpty else { return [] }
        let list = List(
            namespace: namespace, policy: policy, backups: [], objects: objects, decidedAt: now, writer: writer)
        _ = try await carryOut(list, try await write(list), nil, running) { _ in }
        return objects
    }

    /// The lists that a killed writer left, oldest first.
    public func begun(namespace: String, policy: String) async throws -> [(key: String, list: List)] {
        var lists: [(key: String, list: List)] = []
        for object in try await store.list(BucketLayout.expiry(namespace: namespace, policy: policy)) {
            guard
                let list = try? JSONDecoder.archive.decode(
                    List.self, from: Data(try await store.get(object.key, range: nil, ifMatch: nil)))
            else {
                throw ArchiveError(
                    .corrupt, key: object.key, "the list of what expires cannot be read; look at it and delete it")
            }
            guard list.namespace == namespace, list.policy == policy else {
                throw ArchiveError(
                    .corrupt, key: object.key,
                    "the list is of \(list.namespace)/\(list.policy); look at it and delete it")
            }
            lists.append((object.key, list))
        }
        return lists
    }

    func write(_ list: List) async throws -> String {
        // Two lists of one second have names of their own.
        let key =
            BucketLayout.expiry(namespace: list.namespace, policy: list.policy)
            + "\(Int(list.decidedAt.timeIntervalSince1970))-\(UUID().uuidString.prefix(8).lowercased()).json"
        _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(list)), .ifAbsent)
        return key
    }

    func carryOut(
        _ list: List, _ key: String, _ decision: RetentionDecision?, _ running: Set<String>,
        _ forget: ([String]) async throws -> Void
    ) async throws -> [String] {
        let gone = list.backups.filter { decision?.kept[$0] == nil }
        for backup in gone {
            try await store.erase(BucketLayout.manifest(namespace: list.namespace, policy: list.policy, backup: backup))
        }
        let catalogue = try await Catalogue(store, cache: cache).list(namespace: list.namespace, policy: list.policy)
        // What cannot be read may need anything.
        guard catalogue.damaged.isEmpty else {
            throw ArchiveError(
                .corrupt, key: catalogue.damaged[0].key,
                "nothing is deleted while a manifest cannot be read: \(catalogue.damaged[0].message)")
        }
        if let still = catalogue.manifests.first(where: { gone.contains($0.backup) }) {
            throw ArchiveError(
                .incompleteList, key: still.backup,
                "the store acknowledged that its manifest is deleted, and lists it: its data is not touched")
        }
        let needed = (decision?.needed ?? []).union(catalogue.manifests.flatMap { $0.artifacts.map(\.object.key) })
        let folder = BucketLayout.data(namespace: list.namespace, policy: list.policy)
        let busy = Set(running.map(ObjectPath.escape))
        for object in list.objects where object.hasPrefix(folder) && !needed.contains(object) {
            if let owner = BucketLayout.owner(ofArtifact: object), busy.contains(owner.backup) { continue }
            try await store.erase(object)
        }
        for backup in gone {
            try await Proofs(store).remove(namespace: list.namespace, policy: list.policy, backup: backup)
        }
        if !gone.isEmpty { try await forget(gone) }
        try await store.delete(key)
        return gone
    }
}
