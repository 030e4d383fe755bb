/// What the store refuses by itself. Everything else it throws comes from SQLite and is an internal error.
enum StorageError: Error, Sendable, Hashable {
    /// The history below `oldest` is compacted away.
    case compacted(requested: Int64, oldest: Int64)
    /// That version does not exist yet.
    case future(requested: Int64, current: Int64)
    /// The store is closed.
    case closed
}
