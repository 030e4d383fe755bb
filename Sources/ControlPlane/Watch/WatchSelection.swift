import KubernetesModel

/// Which objects a watcher sees.
struct WatchSelection: Sendable {
    var collection: Collection
    /// nil for all namespaces.
    var namespace: String?
    /// Label and field selectors.
    var matches: @Sendable (JSON) -> Bool

    struct Sight: Sendable {
        var kind: LogEvent.Kind
        var object: JSON
        /// The object's bytes when they are known already.
        var bytes: [UInt8]?
    }

    /// What a watcher is told of a change: an object that comes to match is added to it, one that no longer matches is
    /// deleted from it (with its state from before, and the change's version).
    func sight(of event: LogEvent) -> Sight? {
        let record = event.record
        guard record.key.collection == collection, namespace == nil || namespace == record.key.namespace else {
            return nil
        }
        let isSelected = matches(record.object)
        if event.kind == .deleted {
            return isSelected ? Sight(kind: .deleted, object: record.object, bytes: record.bytes) : nil
        }
        let wasSelected = event.previous.map(matches) ?? false
        switch (wasSelected, isSelected) {
        case (false, false): return nil
        case (false, true): return Sight(kind: .added, object: record.object, bytes: record.bytes)
        case (true, true): return Sight(kind: .modified, object: record.object, bytes: record.bytes)
        case (true, false):
            guard var object = event.previous, var metadata = object["metadata"] else { return nil }
            metadata["resourceVersion"] = .string(String(record.revision))
            object["metadata"] = metadata
            return Sight(kind: .deleted, object: object, bytes: nil)
        }
    }
}
