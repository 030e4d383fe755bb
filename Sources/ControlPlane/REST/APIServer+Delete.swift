import Foundation
import KubernetesModel

extension APIServer {
    func delete(_ request: APIRequest, _ target: Target, _ resources: ServedResources) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        let options = try DeleteOptions(request)
        let time = now()
        let outcome = try await store.write { transaction in
            try Deletion(options: options, now: time).delete(target, transaction)
        }
        switch outcome {
        case .removed(let object):
            var details: JSON = [
                "name": .string(target.name), "kind": .string(target.type.plural), "uid": .string(object.uid),
            ]
            if !target.type.group.isEmpty { details["group"] = .string(target.type.group) }
            return APIResponse(document: [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
            ])
        case .marked(let object):
            return render(target.definition.present(object), target, representation, request)
        }
    }

    func deleteCollection(
        _ request: APIRequest, _ target: Target, _ resources: ServedResources
    ) async throws -> APIResponse {
        let options = try DeleteOptions(request)
        let matches = try matcher(request.query, target)
        let limit = try request.query.integer("limit").flatMap { $0 > 0 ? $0 : nil }
        let time = now()
        let definition = target.definition
        let deleted = try await store.write { transaction in
            let namespace = target.namespace.isEmpty ? nil : target.namespace
            let all = try transaction.list(definition.collection, namespace: namespace)
            let found = all.filter { matches($0.object) }.prefix(limit ?? .max)
            for record in found {
                var one = target
                one.namespace = record.key.namespace
                one.name = record.key.name
                _ = try Deletion(options: options, now: time).delete(one, transaction)
            }
            return found.map(\.object)
        }
        return APIResponse(document: [
            "kind": .string(definition.listKind), "apiVersion": .string(definition.type.apiVersion),
            "metadata": ["resourceVersion": .string(String(hub.latest))],
            "items": .array(deleted.map { definition.present($0) }),
        ])
    }
}

/// How one object is deleted: at once, or marked while its finalizers are pending.
struct Deletion: Sendable {
    enum Outcome: Sendable {
        /// It is gone; its last state.
        case removed(JSON)
        /// It waits for its finalizers.
        case marked(JSON)
    }

    static let foregroundFinalizer = "foregroundDeletion"
    static let orphanFinalizer = "orphan"

    var options = DeleteOptions()
    var now: Date

    func delete(_ target: Target, _ transaction: StoreTransaction) throws -> Outcome {
        guard let record = try transaction.get(target.key) else {
            throw APIFailure.notFound(target.type, target.name)
        }
        try checkPreconditions(record.object, target)
        if target.definition.behaviour == .namespace, BuiltIn.permanentNamespaces.contains(target.name) {
            throw APIFailure.forbidden(target.type, target.name, "this namespace may not be deleted")
        }
        var object = record.object
        var finalizers = object.finalizers
        switch options.propagation {
        case .orphan: finalizers = finalizers.filter { $0 != Self.foregroundFinalizer } + [Self.orphanFinalizer]
        case .foreground: finalizers = finalizers.filter { $0 != Self.orphanFinalizer } + [Self.foregroundFinalizer]
        case .background:
            finalizers = finalizers.filter { ![Self.foregroundFinalizer, Self.orphanFinalizer].contains($0) }
        case nil: break
        }
        finalizers = finalizers.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        object["metadata"]?["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
        target.definition.prepareForDelete(&object)
        if finalizers.isEmpty, target.definition.isFinal(object) {
            if options.isDryRun { return .removed(object) }
            return .removed(try transaction.remove(target.key, object).object)
        }
        if !object.isBeingDeleted {
            object["metadata"]?["deletionTimestamp"] = .string(Timestamp.format(now))
            object["metadata"]?["deletionGracePeriodSeconds"] = 0
            if target.definition.hasGeneration {
                let generation = object[path: "metadata", "generation"]?.integer ?? 0
                object["metadata"]?["generation"] = .integer(generation + 1)
            }
        }
        // A second delete of an object that waits already changes nothing.
        if object == record.object || options.isDryRun { return .marked(object) }
        return .marked(try transaction.put(target.key, object).object)
    }

    private func checkPreconditions(_ object: JSON, _ target: Target) throws(APIFailure) {
        if let uid = options.uid, uid != object.uid {
            throw APIFailure(
                409, "Conflict",
                """
                Operation cannot be fulfilled on \(target.type.kind) "\(target.name)": the UID in the precondition \
                (\(uid)) does not match the UID in record (\(object.uid)). The object might have been deleted and then \
                recreated
                """,
                details: APIStatus.Details(
                    name: target.name, group: target.type.group.isEmpty ? nil : target.type.group,
                    kind: target.type.kind))
        }
        if let version = options.resourceVersion, version != object.resourceVersion {
            throw APIFailure(
                409, "Conflict",
                """
                Operation cannot be fulfilled on \(target.type.kind) "\(target.name)": the ResourceVersion in the \
                precondition (\(version)) does not match the ResourceVersion in record (\(object.resourceVersion)). \
                The object might have been modified
                """,
                details: APIStatus.Details(
                    name: target.name, group: target.type.group.isEmpty ? nil : target.type.group,
                    kind: target.type.kind))
        }
    }
}
