import Foundation
import KubernetesModel

/// Empties namespaces that are being deleted, and then lets them go.
struct NamespaceController: Controlling {
    func resync(_ api: APIServer) async throws {
        let page = try await api.store.list(BuiltIn.namespaces.collection)
        for record in page.records where record.object.isBeingDeleted { try await empty(record.key.name, api) }
    }

    func handle(_ event: LogEvent, _ api: APIServer) async throws {
        let key = event.record.key
        if key.collection == BuiltIn.namespaces.collection {
            if event.kind != .deleted, event.record.object.isBeingDeleted { try await empty(key.name, api) }
        } else if event.kind == .deleted, !key.namespace.isEmpty {
            // The last one with a finalizer may just have gone.
            let namespace = try await api.store.get(APIServer.namespaceKey(key.namespace))
            if namespace?.object.isBeingDeleted == true { try await empty(key.namespace, api) }
        }
    }

    private func empty(_ name: String, _ api: APIServer) async throws {
        let now = api.now()
        let resources = api.registry.resources
        try await api.store.write { transaction in
            for record in try transaction.contents(namespace: name) {
                guard let definition = resources.find(storedIn: record.key.collection) else {
                    // Left over of a kind that is served no more: nobody can ask for it.
                    try transaction.remove(record.key, record.object)
                    continue
                }
                var options = DeleteOptions()
                options.propagation = .background
                _ = try Deletion(options: options, now: now).delete(Target(record, definition), transaction)
            }
            let key = APIServer.namespaceKey(name)
            guard try transaction.isEmpty(namespace: name), var object = try transaction.get(key)?.object else {
                return
            }
            object["spec"]?["finalizers"] = nil
            if object.finalizers.isEmpty {
                try transaction.remove(key, object)
            } else {
                try transaction.put(key, object)
            }
        }
    }
}
