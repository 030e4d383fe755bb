import APIMachinery
import Foundation
import KubernetesModel

/// The steps from an object as it was sent to the object as it is stored. Pure: a function of the objects and the time.
struct Admission: Sendable {
    var definition: ResourceDefinition
    var subresource: Subresource = .none
    var manager: String
    var now: Date
    /// `Apply` when the fields' owners were worked out already.
    var isApply = false

    var type: ResourceType { definition.type }

    /// - Parameter object: in the version that was asked for.
    func create(_ sent: JSON, uid: String) throws -> JSON {
        var object = sent
        var metadata = object["metadata"] ?? .object([:])
        if let version = metadata["resourceVersion"]?.string, !version.isEmpty {
            throw APIFailure.badRequest("resourceVersion should not be set on objects to be created")
        }
        metadata = metadata.withoutNulls
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            metadata[field] = nil
        }
        metadata["uid"] = .string(uid)
        metadata["creationTimestamp"] = .string(Timestamp.format(now))
        metadata["generation"] = definition.hasGeneration ? 1 : nil
        object["metadata"] = metadata
        definition.applyDefaults(&object, existing: nil)
        object = owned(object, old: nil)
        if definition.hasStatus { object["status"] = nil }
        definition.prepareForCreate(&object, now: now)
        try check(object, old: nil)
        definition.finishCreate(&object, now: now)
        return object
    }

    /// - Parameters:
    ///   - sent: the whole object as wanted, in the version that was asked for.
    ///   - existing: the stored object, in that version too.
    func update(_ sent: JSON, existing: JSON) throws -> JSON {
        var object = sent
        let old = existing["metadata"] ?? .object([:])
        var metadata = (object["metadata"] ?? .object([:])).withoutNulls
        if subresource == .status {
            // The status alone is written; of the metadata only who owns what.
            let managed = metadata["managedFields"]
            metadata = old
            metadata["managedFields"] = managed
            let status = object["status"]
            object = existing
            object["status"] = status
        }
        for field in [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
            "resourceVersion", "namespace", "name", "generateName",
        ] { metadata[field] = old[field] }
        metadata["selfLink"] = nil
        object["metadata"] = metadata
        definition.applyDefaults(&object, existing: existing)
        object = owned(object, old: existing)
        if subresource != .status, definition.hasStatus { object["status"] = existing["status"] }
        if subresource != .finalize { definition.prepareForUpdate(&object, existing: existing, now: now) }
        if definition.hasGeneration, subresource != .status,
            object.wanted(hasStatus: definition.hasStatus) != existing.wanted(hasStatus: definition.hasStatus)
        {
            object["metadata"]?["generation"] = .integer((old["generation"]?.integer ?? 0) + 1)
        }
        try check(object, old: existing)
        definition.finishUpdate(&object, existing: existing, now: now)
        return object
    }

    /// With the owners of its fields.
    private func owned(_ object: JSON, old: JSON?) -> JSON {
        if isApply { return object }
        return definition.managedFields.update(
            old: old, new: object, manager: manager, subresource: subresource.rawValue, now: now)
    }

    private func check(_ object: JSON, old: JSON?) throws(APIFailure) {
        let rule: MetadataValidation.NameRule = definition.behaviour == .namespace ? .label : .subdomain
        let errors =
            MetadataValidation.validate(object, old: old, namespaced: type.namespaced, nameRule: rule)
            + definition.schemaErrors(object, old: old) + definition.errors(object, old: old)
        if !errors.isEmpty { throw .invalid(type, object.name, errors) }
    }
}

extension JSON {
    /// What `metadata.generation` counts the changes of: everything but the metadata, and the status when that is a
    /// subresource.
    func wanted(hasStatus: Bool) -> JSON {
        var result = self
        result["metadata"] = nil
        if hasStatus { result["status"] = nil }
        return result
    }

    /// An object without its null members, which clients written in Go send for empty times.
    var withoutNulls: JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !$0.value.isNull })
    }

    /// Equal but for the times at which field managers last wrote.
    func isSame(as other: JSON) -> Bool {
        timeless == other.timeless
    }

    private var timeless: JSON {
        guard let entries = self[path: "metadata", "managedFields"]?.array else { return self }
        var result = self
        result["metadata"]?["managedFields"] = .array(
            entries.map { entry in
                var entry = entry
                entry["time"] = nil
                return entry
            })
        return result
    }
}
