import APIMachinery
import Cryptography
import Foundation
import KubernetesModel

/// Reports declared workloads as rolled out.
///
/// There are no nodes here, so no pod runs: a Deployment or StatefulSet is a record of what is wanted. Its status says what
/// a cluster would say at the end of a rollout, so that `kubectl rollout status`, `kubectl scale` and whoever waits for a
/// rollout go on; the condition's message says that nothing runs.
struct WorkloadController: Controlling {
    private static let message = "recorded: this server runs no pods"

    func resync(_ api: APIServer) async throws {
        for definition in BuiltIn.all where Self.isWorkload(definition) {
            for record in try await api.store.list(definition.collection).records { try await report(record.key, api) }
        }
    }

    func handle(_ event: LogEvent, _ api: APIServer) async throws {
        let collection = event.record.key.collection
        guard event.kind != .deleted,
            BuiltIn.all.contains(where: { Self.isWorkload($0) && $0.collection == collection })
        else { return }
        if Self.status(of: event.record.object, now: api.now()) == event.record.object["status"] { return }
        try await report(event.record.key, api)
    }

    private static func isWorkload(_ definition: ResourceDefinition) -> Bool {
        definition.behaviour == .deployment || definition.behaviour == .statefulSet
    }

    private func report(_ key: StorageKey, _ api: APIServer) async throws {
        let now = api.now()
        try await api.store.write { transaction in
            guard let before = try transaction.get(key)?.object,
                let definition = BuiltIn.all.first(where: { $0.collection == key.collection })
            else { return }
            let status = Self.status(of: before, now: now)
            if before["status"] == status { return }
            var object = before
            object["status"] = status
            object = definition.managedFields.update(
                old: before, new: object, manager: "dr-standalone", subresource: "status", now: now)
            try transaction.put(key, object)
        }
    }

    /// The status that says that the object's rollout is done. Times move only when the status changes.
    static func status(of object: JSON, now: Date) -> JSON {
        let replicas = object[path: "spec", "replicas"] ?? 1
        var status: JSON = [
            "observedGeneration": object[path: "metadata", "generation"] ?? 1, "replicas": replicas,
            "readyReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
        ]
        if object["kind"] == "StatefulSet" {
            let template = object[path: "spec", "template"] ?? .null
            let revision = "\(object.name)-\(SHA256.hexHash(JSONText.bytes(template)).prefix(10))"
            status["currentReplicas"] = replicas
            status["currentRevision"] = .string(revision)
            status["updateRevision"] = .string(revision)
            return status
        }
        let before = object[path: "status", "conditions"]?.array ?? []
        status["conditions"] = .array(
            [("Available", "MinimumReplicasAvailable"), ("Progressing", "NewReplicaSetAvailable")].map { type, reason in
                let old = before.first { $0["type"]?.string == type }
                let time = JSON.string(Timestamp.format(now))
                return [
                    "type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message),
                    "lastTransitionTime": old?["lastTransitionTime"] ?? time,
                    "lastUpdateTime": old?["lastUpdateTime"] ?? time,
                ]
            })
        return status
    }
}
