public import Foundation
public import ObjectStore

/// Deletes what a ``RetentionDecision`` lets go.
///
/// The list of everything that goes is written first. Then the manifests go, so that nobody is offered a backup whose data is
/// half gone, then the data, then the list. Killed anywhere, the next call finishes the list it finds.
public struct Expiry: Sendable {
    /// What a list says.
    public struct List: Codable, Sendable, Hashable {
        public var namespace: String
        public var policy: String
        public var backups: [String]
        public var objects: [String]
        public var decidedAt: Date
        public var writer: String

        public init(namespace: String, policy: String, backups: [String], objects: [String], decidedAt: Date, writer: String) {
            self.namespace = namespace
            self.policy = policy
            self.backups = backups
            self.objects = objects
            self.decidedAt = decidedAt
            self.writer = writer
        }
    }

    private let store: any ObjectStore

    public init(_ store: any ObjectStore) { self.store = store }

    /// - Returns: The names of the backups that are gone.
    /// - Throws: `ObjectStoreError`; what is left is finished by the next call.
    public func perform(
        _ decision: RetentionDecision, namespace: String, policy: String, now: Date, writer: String
    ) async throws -> [String] {
        var gone = try await finishWhatWasBegun(namespace: namespace, policy: policy)
        guard !decision.expired.isEmpty else { return gone }
        let list = List(
            namespace: namespace, policy: policy, backups: decision.expired.map(\.backup), objects: decision.objects, decidedAt: now,
            writer: writer)
        _ = try await store.put(key(list), [UInt8](try JSONEncoder.archive.encode(list)), .none)
        try await delete(list)
        gone += list.backups
        return gone
    }

    /// A list that a killed operator left. What a manifest that is there now needs is not deleted: it may have come since.
    private func finishWhatWasBegun(namespace: String, policy: String) async throws -> [String] {
        var gone: [String] = []
        for object in try await store.list(BucketLayout.expiry(namespace: namespace, policy: policy)) {
            guard let list = try? JSONDecoder.archive.decode(
                List.self, from: Data(try await store.get(object.key, range: nil, ifMatch: nil)))
            else { throw ArchiveError(.corrupt, key: object.key, "the list of what expires cannot be read; look at it and delete it") }
            try await delete(list)
            gone += list.backups
        }
        return gone
    }

    private func delete(_ list: List) async throws {
        for backup in list.backups {
            try await store.delete(BucketLayout.manifest(namespace: list.namespace, policy: list.policy, backup: backup))
        }
        let catalogue = try await Catalogue(store).list(namespace: list.namespace, policy: list.policy)
        // What cannot be read may need anything.
        guard catalogue.damaged.isEmpty else {
            throw ArchiveError(
                .corrupt, key: catalogue.damaged[0].key, "nothing is deleted while a manifest cannot be read: \(catalogue.damaged[0].message)")
        }
        let needed = Set(catalogue.manifests.flatMap { $0.artifacts.map(\.object.key) })
        for key in list.objects where !needed.contains(key) { try await store.delete(key) }
        try await store.delete(key(list))
    }

    private func key(_ list: List) -> String {
        BucketLayout.expiry(namespace: list.namespace, policy: list.policy) + "\(Int(list.decidedAt.timeIntervalSince1970)).json"
    }
}
