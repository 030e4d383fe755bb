import Foundation
import KubernetesModel

/// Deletes the objects of a CustomResourceDefinition that is being deleted, and then lets it go.
struct DefinitionController: Controlling {
    private let definitions = BuiltIn.customResourceDefinitions.collection

    func resync(_ api: APIServer) async throws {
        for record in try await api.store.list(definitions).records where record.object.isBeingDeleted {
            try await empty(record.key.name, api)
        }
    }

    func handle(_ event: LogEvent, _ api: APIServer) async throws {
        let key = event.record.key
        if key.collection == definitions {
            if event.kind != .deleted, event.record.object.isBeingDeleted { try await empty(key.name, api) }
        } else if event.kind == .deleted {
            let name = "\(key.collection.resource).\(key.collection.group)"
            if !key.collection.group.isEmpty, let record = try await api.store.get(CustomKind.key(name)),
                record.object.isBeingDeleted
            {
                try await empty(name, api)
            }
        }
    }

    private func empty(_ name: String, _ api: APIServer) async throws {
        let now = api.now()
        let resources = api.registry.resources
        try await api.store.write { transaction in
            let key = CustomKind.key(name)
            guard var object = try transaction.get(key)?.object else { return }
            let collection = Collection(
                group: object[path: "spec", "group"]?.string ?? "",
                resource: object[path: "spec", "names", "plural"]?.string ?? "")
            for record in try transaction.list(collection) {
                guard let definition = resources.find(storedIn: collection) else {
                    try transaction.remove(record.key, record.object)
                    continue
                }
                _ = try Deletion(now: now).delete(Target(record, definition), transaction)
            }
            guard try transaction.list(collection).isEmpty else { return }
            let rest = object.finalizers.filter { $0 != CustomKind.finalizer }
            object["metadata"]?["finalizers"] = rest.isEmpty ? nil : .array(rest.map { .string($0) })
            if rest.isEmpty {
                try transaction.remove(key, object)
            } else if rest != (try transaction.get(key)?.object.finalizers) {
                try transaction.put(key, object)
            }
        }
    }
}
