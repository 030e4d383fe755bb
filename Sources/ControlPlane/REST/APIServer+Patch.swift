import APIMachinery
import Foundation
import KubernetesModel

extension APIServer {
    enum PatchType: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    func patch(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
        let representation = try MediaTypes.negotiate(request.accept)
        guard let type = PatchType(rawValue: MediaTypes.bare(request.contentType)) else {
            throw APIFailure.unsupportedMediaType
        }
        if type == .strategic, target.definition.isCustom {
            throw APIFailure.unsupportedPatch(
                accepted: [PatchType.json, .merge, .apply].map(\.rawValue))
        }
        let options = try WriteOptions(request, kind: "PatchOptions")
        if type == .apply { return try await apply(request, target, options, representation) }
        if options.force {
            throw WriteOptions.invalid(
                "PatchOptions", "force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch")
        }
        let patch: JSON
        var duplicates: [String] = []
        do {
            patch = try JSONText.parse(request.body, duplicates: &duplicates)
        } catch {
            throw APIFailure.badRequest("error decoding patch: \(error.message)")
        }
        let definition = target.definition
        let edit: @Sendable (JSON) throws -> JSON = { object in
            switch type {
            case .json: try JSONPatch.apply(patch, to: object)
            case .strategic: try StrategicMergePatch.apply(patch, to: object, schema: definition.schema)
            case .merge, .apply: MergePatch.apply(patch, to: object)
            }
        }
        if target.subresource == .scale { return try await changeScale(target, options, edit) }
        let time = now()
        let repeated = duplicates
        let (stored, warnings) = try await store.write { [self] transaction in
            var warnings: [String] = []
            let stored = try change(target, options, transaction, time) { existing in
                var wanted = try edit(existing)
                try Self.checkIdentity(wanted, existing, target)
                if let problem = definition.decodingProblem(wanted) {
                    // The patched object is not shown: it may hold secrets.
                    throw Self.invalidPatch(problem)
                }
                try RequestBody.check(
                    repeated.map { "duplicate field \"\($0)\"" } + definition.schema.unknownFields(in: wanted), target,
                    options, &warnings)
                try RequestBody.checkPlace(&wanted, target)
                return wanted
            }
            return (stored, warnings)
        }
        var answer = render(definition.present(stored), target, representation, request)
        answer.warn(warnings)
        return answer
    }

    /// What Kubernetes answers for a patch that makes the object none of its kind.
    private static func invalidPatch(_ problem: String) -> APIFailure {
        let message = "Invalid value: \"<patch>\": \(problem)"
        return APIFailure(
            422, "Invalid", " \"\" is invalid: patch: \(message)",
            details: APIStatus.Details(
                causes: [APIStatus.Cause(reason: "FieldValueInvalid", message: message, field: "patch")]))
    }

    private static func checkIdentity(_ wanted: JSON, _ existing: JSON, _ target: Target) throws(APIFailure) {
        guard wanted.object != nil else {
            throw .badRequest("the patch makes the object something else than an object")
        }
        for field in ["apiVersion", "kind"] where wanted[field] != existing[field] {
            throw .badRequest(
                """
                \(field) may not be changed by a patch: it is \(existing[field]?.text ?? "") and would be \
                \(wanted[field]?.text ?? "nothing")
                """)
        }
    }

    /// Server-side apply: creates the object when there is none.
    private func apply(
        _ request: APIRequest, _ target: Target, _ options: WriteOptions, _ representation: Representation
    ) async throws -> APIResponse {
        guard options.isFieldManagerGiven else {
            throw WriteOptions.invalid(
                "PatchOptions", "fieldManager", "FieldValueRequired", "Required value: is required for apply patch")
        }
        var warnings: [String] = []
        let wanted = try RequestBody.object(request, target, options: options, warnings: &warnings)
        if wanted[path: "metadata", "managedFields"]?.array?.isEmpty == false {
            throw APIFailure.badRequest("metadata.managedFields must be nil")
        }
        let time = now()
        let definition = target.definition
        let admission = Admission(
            definition: definition, subresource: target.subresource, manager: options.fieldManager, now: time,
            isApply: true)
        let (stored, isNew) = try await store.write { [self] transaction in
            if try transaction.get(target.key) == nil {
                if target.subresource != .none || !wanted.uid.isEmpty {
                    throw APIFailure.notFound(target.type, target.name)
                }
                let merged = try definition.managedFields.apply(
                    wanted, live: nil, manager: options.fieldManager, force: options.force, now: time)
                try requirePlace(target, transaction)
                let created = try admission.create(merged, uid: UUID().uuidString.lowercased())
                return (try insert(created, target, isDryRun: options.isDryRun, transaction), true)
            }
            let stored = try change(target, options, transaction, time, isApply: true) { existing in
                var merged = try definition.managedFields.apply(
                    wanted, live: existing, manager: options.fieldManager, force: options.force,
                    subresource: target.subresource.rawValue, now: time)
                // A version or uid in the configuration is a precondition, not something to own.
                for field in ["resourceVersion", "uid"] where wanted[path: "metadata", field]?.string?.isEmpty == false
                {
                    merged["metadata"]?[field] = wanted[path: "metadata", field]
                }
                return merged
            }
            return (stored, false)
        }
        var answer = render(definition.present(stored), target, representation, request, code: isNew ? 201 : 200)
        answer.warn(warnings)
        return answer
    }
}
