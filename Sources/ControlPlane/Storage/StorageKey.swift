/// The collection an object is stored in, whatever version or second API group it is asked through.
struct Collection: Sendable, Hashable {
    /// Empty for the core group.
    var group: String
    /// The plural, lowercase name.
    var resource: String
}

/// Where an object is stored.
struct StorageKey: Sendable, Hashable {
    var collection: Collection
    /// Empty for cluster-wide kinds.
    var namespace: String
    var name: String
}
