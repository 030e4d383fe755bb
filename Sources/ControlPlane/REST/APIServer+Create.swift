import APIMachinery
import Foundation
import KubernetesModel

extension APIServer {
    func create(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        let options = try WriteOptions(request, kind: "CreateOptions")
        var warnings: [String] = []
        let object = try RequestBody.object(request, target, options: options, warnings: &warnings)
        try RequestBody.check(target.definition.schema.unknownFields(in: object), target, options, &warnings)
        // Asked for here too, so that a missing namespace is said before what is wrong with the object.
        if target.definition.type.namespaced { try await requireNamespace(target.namespace) }
        let created = try await create(object, target, options)
        var answer = render(created, target, representation, request, code: 201)
        answer.warn(warnings)
        return answer
    }

    /// Creates an object that was read and checked for its place.
    private func create(_ object: JSON, _ target: Target, _ options: WriteOptions) async throws -> JSON {
        let prefix = object[path: "metadata", "generateName"]?.string ?? ""
        var generator = SystemRandomNumberGenerator()
        let isGenerated = object.name.isEmpty && !prefix.isEmpty
        for attempt in 1... {
            var object = object
            if isGenerated {
                object["metadata"]?["name"] = .string(
                    MetadataValidation.generatedName(prefix: prefix, using: &generator))
            }
            let admitted = try Admission(definition: target.definition, manager: options.fieldManager, now: now())
                .create(object, uid: UUID().uuidString.lowercased())
            var target = target
            target.name = admitted.name
            do {
                return try await insert(admitted, target, isDryRun: options.isDryRun)
            } catch let failure as APIFailure where failure.code == 409 && isGenerated && attempt < 8 {
                continue
            }
        }
        throw APIFailure.internalError("no free name was found")
    }

    /// Stores a new object.
    func insert(_ object: JSON, _ target: Target, isDryRun: Bool) async throws -> JSON {
        let stored = try await store.write { [self] transaction in
            try insert(object, target, isDryRun: isDryRun, transaction)
        }
        return target.definition.present(stored)
    }

    func insert(
        _ object: JSON, _ target: Target, isDryRun: Bool, _ transaction: StoreTransaction
    ) throws -> JSON {
        try requirePlace(target, transaction)
        if try transaction.get(target.key) != nil { throw APIFailure.alreadyExists(target.type, target.name) }
        let stored = target.definition.store(object)
        if isDryRun { return stored }
        return try transaction.put(target.key, stored).object
    }

    /// Refuses what would be put into a namespace or kind that is missing or going.
    func requirePlace(_ target: Target, _ transaction: StoreTransaction) throws {
        if let name = target.definition.definedBy {
            guard let record = try transaction.get(CustomKind.key(name)), !record.object.isBeingDeleted else {
                throw APIFailure.methodNotAllowed()
            }
        }
        if target.type.namespaced {
            try checkNamespace(try transaction.get(Self.namespaceKey(target.namespace))?.object, target)
        }
    }

    private func requireNamespace(_ name: String) async throws {
        if try await store.get(Self.namespaceKey(name)) == nil {
            throw APIFailure.notFound(BuiltIn.namespaces.type, name)
        }
    }

    private func checkNamespace(_ namespace: JSON?, _ target: Target) throws(APIFailure) {
        guard let namespace else { throw .notFound(BuiltIn.namespaces.type, target.namespace) }
        if namespace.isBeingDeleted {
            var failure = APIFailure.forbidden(
                target.type, target.name,
                "unable to create new content in namespace \(target.namespace) because it is being terminated")
            failure.status.details?.causes = [
                APIStatus.Cause(
                    reason: "NamespaceTerminating", message: "namespace \(target.namespace) is being terminated",
                    field: "metadata.namespace")
            ]
            throw failure
        }
    }

    static func namespaceKey(_ name: String) -> StorageKey {
        BuiltIn.namespaces.key(namespace: "", name: name)
    }
}
