import Foundation
import KubernetesModel

/// Deletes objects whose owners are gone, and finishes deletions in the foreground and of owners that leave orphans.
struct GarbageCollector: Controlling {
    func resync(_ api: APIServer) async throws {
        let now = api.now()
        let resources = api.registry.resources
        try await api.store.write { transaction in
            for record in try transaction.orphaned() { try collect(record.key, resources, now, transaction) }
            for definition in resources.all where definition.behaviour != .eventsEvent {
                for record in try transaction.list(definition.collection) where record.object.isBeingDeleted {
                    try finish(record.key, resources, now, transaction)
                }
            }
        }
    }

    func handle(_ event: LogEvent, _ api: APIServer) async throws {
        let object = event.record.object
        let isDeleted = event.kind == .deleted
        let hasOwners = !object.ownerUIDs.isEmpty
        let isPending = !isDeleted && object.isBeingDeleted
        let now = api.now()
        let resources = api.registry.resources
        if !isDeleted, !hasOwners, !isPending { return }
        try await api.store.write { transaction in
            if isDeleted {
                for dependent in try transaction.dependents(of: object.uid) {
                    try collect(dependent.key, resources, now, transaction)
                }
                // An owner that waited for this dependent may go now.
                for owner in object.ownerUIDs {
                    if let record = try transaction.find(uid: owner) {
                        try finish(record.key, resources, now, transaction)
                    }
                }
            } else {
                if hasOwners { try collect(event.record.key, resources, now, transaction) }
                if isPending { try finish(event.record.key, resources, now, transaction) }
            }
        }
    }

    /// Deletes an object none of whose owners exists; drops the references to owners that are gone otherwise.
    private func collect(
        _ key: StorageKey, _ resources: ServedResources, _ now: Date, _ transaction: StoreTransaction
    ) throws {
        guard let record = try transaction.get(key), let definition = resources.find(storedIn: key.collection) else {
            return
        }
        let references = record.object[path: "metadata", "ownerReferences"]?.array ?? []
        if references.isEmpty { return }
        let living = try references.filter { try transaction.exists(uid: $0["uid"]?.string ?? "") }
        if living.count == references.count { return }
        if living.isEmpty {
            if record.object.isBeingDeleted { return }
            var options = DeleteOptions()
            options.propagation = record.object.finalizers.contains(Deletion.orphanFinalizer) ? nil : .background
            _ = try Deletion(options: options, now: now).delete(Target(record, definition), transaction)
        } else {
            var object = record.object
            object["metadata"]?["ownerReferences"] = .array(living)
            try transaction.put(key, object)
        }
    }

    /// Does what the finalizers of a deleted owner ask for.
    private func finish(
        _ key: StorageKey, _ resources: ServedResources, _ now: Date, _ transaction: StoreTransaction
    ) throws {
        guard let record = try transaction.get(key), record.object.isBeingDeleted,
            let definition = resources.find(storedIn: key.collection)
        else { return }
        var object = record.object
        var finalizers = object.finalizers
        let before = finalizers
        if finalizers.contains(Deletion.orphanFinalizer) {
            for dependent in try transaction.dependents(of: object.uid) {
                var child = dependent.object
                let kept = (child[path: "metadata", "ownerReferences"]?.array ?? []).filter {
                    $0["uid"]?.string != object.uid
                }
                child["metadata"]?["ownerReferences"] = kept.isEmpty ? nil : .array(kept)
                try transaction.put(dependent.key, child)
            }
            finalizers.removeAll { $0 == Deletion.orphanFinalizer }
        }
        if finalizers.contains(Deletion.foregroundFinalizer) {
            var isBlocked = false
            for dependent in try transaction.dependents(of: object.uid) {
                let reference = (dependent.object[path: "metadata", "ownerReferences"]?.array ?? [])
                    .first { $0["uid"]?.string == object.uid }
                if !dependent.object.isBeingDeleted, let kind = resources.find(storedIn: dependent.key.collection) {
                    var options = DeleteOptions()
                    options.propagation = .foreground
                    _ = try Deletion(options: options, now: now).delete(Target(dependent, kind), transaction)
                }
                let isLeft = try transaction.get(dependent.key) != nil
                if isLeft, reference?["blockOwnerDeletion"]?.bool == true { isBlocked = true }
            }
            if !isBlocked { finalizers.removeAll { $0 == Deletion.foregroundFinalizer } }
        }
        if finalizers == before { return }
        object["metadata"]?["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
        if finalizers.isEmpty, definition.isFinal(object) {
            try transaction.remove(key, object)
        } else {
            try transaction.put(key, object)
        }
    }
}

extension Target {
    /// The target that a stored record is.
    init(_ record: StoredRecord, _ definition: ResourceDefinition) {
        self.init(
            definition: definition, namespace: record.key.namespace, name: record.key.name, subresource: .none)
    }
}
