import BackupArchive
import KubernetesModel
import RecoveryAPI
import Synchronization

/// One cache of manifests for each store as its spec is: another bucket is another catalogue.
final class CatalogueCaches: Sendable {
    private struct Entry: Sendable {
        var generation: Int64?
        var cache: CatalogueCache
    }

    private let caches = Mutex<[String: Entry]>([:])

    func cache(_ store: BackupStore) -> CatalogueCache {
        let key = store.metadata.uid ?? store.reference.description
        return caches.withLock { caches in
            if let known = caches[key], known.generation == store.metadata.generation { return known.cache }
            let new = CatalogueCache()
            caches[key] = Entry(generation: store.metadata.generation, cache: new)
            return new
        }
    }
}
