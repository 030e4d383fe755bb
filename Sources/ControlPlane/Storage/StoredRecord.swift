import KubernetesModel

/// One version of one object, as it was committed.
struct StoredRecord: Sendable {
    let key: StorageKey
    /// The version of the whole store in which this one was written: the object's `resourceVersion`.
    let revision: Int64
    /// The object's document with sorted keys, `metadata.resourceVersion` included: what goes on the wire.
    let bytes: [UInt8]
    /// The tree, when it is known already: most lists send `bytes` and never look into them.
    private let tree: JSON?

    init(key: StorageKey, revision: Int64, bytes: [UInt8], tree: JSON?) {
        self.key = key
        self.revision = revision
        self.bytes = bytes
        self.tree = tree
    }

    /// `bytes` as a tree; read anew each time when it was not asked for at once.
    var object: JSON { tree ?? (try? JSONText.parse(bytes)) ?? .null }
}

/// A committed change, for watchers.
struct LogEvent: Sendable {
    enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    let kind: Kind
    /// The object after the change; of a deletion its last state, with the deletion's version.
    let record: StoredRecord
    /// The object before the change; nil when there was none.
    let previous: JSON?

    var revision: Int64 { record.revision }
}

/// A page of a collection at one version of the store.
struct StoredPage: Sendable {
    var records: [StoredRecord]
    /// The version all records are of.
    var revision: Int64
    /// Whether there is more after the last record.
    var hasMore: Bool
    /// How many there are after the last record, when that was asked for.
    var remaining: Int?
}
