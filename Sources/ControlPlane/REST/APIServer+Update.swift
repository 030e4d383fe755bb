import APIMachinery
import Foundation
import KubernetesModel

extension APIServer {
    func update(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        let options = try WriteOptions(request, kind: "UpdateOptions")
        var warnings: [String] = []
        if target.subresource == .scale {
            let scale = try RequestBody.decode(request.body, contentType: request.contentType)
            return try await changeScale(target, options) { _ in scale }
        }
        let object = try RequestBody.object(request, target, options: options, warnings: &warnings)
        try RequestBody.check(target.definition.schema.unknownFields(in: object), target, options, &warnings)
        let time = now()
        let stored = try await store.write { [self] transaction in
            try change(target, options, transaction, time) { existing in
                if object.resourceVersion.isEmpty, target.definition.isCustom {
                    throw APIFailure.invalid(
                        target.type, target.name,
                        [.invalid(FieldPath("metadata.resourceVersion"), 0, "must be specified for an update")])
                }
                return object
            }
        }
        var answer = render(target.definition.present(stored), target, representation, request)
        answer.warn(warnings)
        return answer
    }

    /// Replaces the stored object by what `edit` makes of it.
    /// - Parameters:
    ///   - isApply: `edit` has worked out the owners of the fields.
    ///   - edit: gets the object in the version that was asked for and returns the whole object as wanted. A
    ///     `resourceVersion` or `uid` in it that is not the stored one's is a conflict.
    /// - Returns: the stored object.
    func change(
        _ target: Target, _ options: WriteOptions, _ transaction: StoreTransaction, _ time: Date,
        isApply: Bool = false, edit: (JSON) throws -> JSON
    ) throws -> JSON {
        guard let record = try transaction.get(target.key) else {
            throw APIFailure.notFound(target.type, target.name)
        }
        let existing = target.definition.present(record.object)
        let wanted = try edit(existing)
        let version = wanted.resourceVersion
        if !version.isEmpty, version != record.object.resourceVersion {
            throw APIFailure.staleVersion(target.type, target.name)
        }
        let uid = wanted.uid
        if !uid.isEmpty, uid != record.object.uid {
            throw APIFailure.conflict(
                target.type, target.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(record.object.uid)")
        }
        let admitted = try Admission(
            definition: target.definition, subresource: target.subresource, manager: options.fieldManager, now: time,
            isApply: isApply
        ).update(wanted, existing: existing)
        let object = target.definition.store(admitted)
        let isGone = object.isBeingDeleted && object.finalizers.isEmpty && target.definition.isFinal(object)
        if object.isSame(as: record.object), !isGone { return record.object }
        if options.isDryRun { return object }
        if isGone { return try transaction.remove(target.key, object).object }
        return try transaction.put(target.key, object).object
    }
}
