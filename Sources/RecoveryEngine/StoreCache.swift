import ObjectStore

/// One S3 client for each configuration: its connections are kept while it is the same.
///
/// A client has a thread of its own, and a session token that is renewed every hour is a new configuration each time: so only
/// the clients that were used last are kept, and those that somebody works with.
public actor StoreCache {
    private struct Key: Hashable {
        var configuration: S3Configuration
        var prefix: String
    }

    private struct Entry {
        var store: S3Store
        /// Higher is later.
        var lastUse: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private let most: Int

    /// - Parameter most: how many clients are kept that nobody works with.
    public init(keeping most: Int = 8) { self.most = most }

    var count: Int { entries.count }

    func s3(_ configuration: S3Configuration, prefix: String) async -> any ObjectStore {
        let key = Key(configuration: configuration, prefix: prefix)
        uses += 1
        let store = entries[key]?.store ?? S3Store(configuration, prefix: prefix)
        entries[key] = Entry(store: store, lastUse: uses)
        for unused in evict() { await unused.shutdown() }
        return store
    }

    /// Takes those out that are too many and that nobody else holds: nobody can get hold of them again.
    private func evict() -> [S3Store] {
        var evicted: [S3Store] = []
        for key in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }).map(\.key) {
            guard entries.count > most else { break }
            guard var entry = entries.removeValue(forKey: key) else { continue }
            if isKnownUniquelyReferenced(&entry.store) { evicted.append(entry.store) } else { entries[key] = entry }
        }
        return evicted
    }

    /// Joins the threads of all clients. When nothing uses them any more.
    public func shutdown() async {
        let all = entries.values.map(\.store)
        entries = [:]
        for store in all { await store.shutdown() }
    }
}
