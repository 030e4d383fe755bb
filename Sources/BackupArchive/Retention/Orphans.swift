public import Foundation
public import ObjectStore

/// What lies in a store and belongs to no backup: data whose manifest was never written, and uploads that never ended.
public struct Orphans: Sendable, Hashable {
    /// How old an orphan must be before it is deleted, in seconds. What is younger may be of a backup that is being made.
    public static let grace: TimeInterval = 86400

    /// Data that no manifest names.
    public var objects: [ObjectInfo] = []
    public var uploads: [AbandonedUpload] = []

    public var count: Int { objects.count + uploads.count }
    /// Of the objects; nobody knows it of an upload.
    public var bytes: Int64 { objects.reduce(0) { $0 + $1.size } }

    /// - Parameters:
    ///   - data: All below `data/`, listed before the manifests.
    ///   - damaged: Keys of manifests that cannot be read: all of their policies' data may be theirs.
    public init(data: [ObjectInfo], uploads: [AbandonedUpload], manifests: [Manifest], damaged: [String]) {
        let named = Set(manifests.flatMap { $0.artifacts.map(\.object.key) })
        let doubtful = Set(damaged.compactMap(Self.dataFolder))
        objects = data.filter { object in
            guard let owner = BucketLayout.owner(ofArtifact: object.key) else { return false }
            return !named.contains(object.key) && !doubtful.contains(owner.folder)
        }
        self.uploads = uploads
    }

    /// - Parameter folders: Of backups that are being made.
    public func without(_ folders: [String]) -> Orphans {
        var rest = self
        rest.objects.removeAll { object in folders.contains(where: object.key.hasPrefix) }
        rest.uploads.removeAll { upload in folders.contains(where: upload.key.hasPrefix) }
        return rest
    }

    /// `catalog/ns/policy/backup.json` → `data/ns/policy/`.
    private static func dataFolder(_ manifest: String) -> String? {
        let parts = manifest.split(separator: "/")
        return parts.count == 4 ? "data/\(parts[1])/\(parts[2])/" : nil
    }

    /// What may be deleted of one policy now.
    /// - Parameter running: Names of its backups that are being made, however old what they have stored is.
    public func due(
        namespace: String, policy: String, running: Set<String>, now: Date, grace: TimeInterval = grace
    ) -> (objects: [String], uploads: [AbandonedUpload]) {
        let folder = BucketLayout.data(namespace: namespace, policy: policy)
        let busy = running.map { "\(folder)\(ObjectPath.escape($0))/" }
        func isDue(_ key: String, _ since: Date) -> Bool {
            key.hasPrefix(folder) && now.timeIntervalSince(since) > grace && !busy.contains(where: key.hasPrefix)
        }
        return (
            objects.filter { isDue($0.key, $0.modified) }.map(\.key), uploads.filter { isDue($0.key, $0.begun) }
        )
    }

    /// Uploads of a folder that were killed before they could tell their key: whoever wrote them is gone when nothing was
    /// written for so long.
    public func nameless(now: Date, grace: TimeInterval = grace) -> [AbandonedUpload] {
        uploads.filter { $0.key.isEmpty && now.timeIntervalSince($0.begun) > grace }
    }

    /// Looks at a whole store.
    public static func find(_ store: any ObjectStore, cache: CatalogueCache? = nil) async throws -> (
        orphans: Orphans, manifests: [Manifest]
    ) {
        let data = try await store.list("data/")
        let uploads = try await store.abandonedUploads("data/")
        let catalogue = try await Catalogue(store, cache: cache).list()
        let orphans = Orphans(
            data: data, uploads: uploads, manifests: catalogue.manifests, damaged: catalogue.damaged.map(\.key))
        return (orphans, catalogue.manifests)
    }
}
