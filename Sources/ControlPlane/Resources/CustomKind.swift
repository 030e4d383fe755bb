import Foundation
import KubernetesModel

/// A kind that a CustomResourceDefinition describes, in one version.
struct CustomKind: Sendable {
    /// The definition's name: `samples.conformance.example.com`.
    var name: String
    var schema: Machinery.CustomSchema
    /// `additionalPrinterColumns`; empty for the age alone.
    var columns: [JSON]

    static func key(_ name: String) -> StorageKey {
        StorageKey(collection: BuiltIn.customResourceDefinitions.collection, namespace: "", name: name)
    }

    /// The versions of a definition that are served.
    static func definitions(_ object: JSON) -> [ResourceDefinition] {
        guard let spec = object["spec"], let group = spec["group"]?.string, let names = spec["names"],
            let kind = names["kind"]?.string, let plural = names["plural"]?.string
        else { return [] }
        let versions = spec["versions"]?.array ?? []
        let storage = versions.first { $0["storage"]?.bool == true }?["name"]?.string ?? ""
        return versions.filter { $0["served"]?.bool == true }.compactMap { version in
            guard let name = version["name"]?.string else { return nil }
            let fields = (version["selectableFields"]?.array ?? []).compactMap { $0["jsonPath"]?.string }
            return ResourceDefinition(
                type: ResourceType(
                    group: group, version: name, kind: kind, plural: plural,
                    namespaced: spec["scope"]?.string == "Namespaced"),
                singular: names["singular"]?.string ?? kind.lowercased(),
                listKind: names["listKind"]?.string ?? "\(kind)List",
                shortNames: (names["shortNames"]?.array ?? []).compactMap(\.string),
                categories: (names["categories"]?.array ?? []).compactMap(\.string),
                verbs: ResourceDefinition.customVerbs,
                hasStatus: version[path: "subresources", "status"] != nil,
                scale: version[path: "subresources", "scale"].flatMap(scalePaths),
                collection: Collection(group: group, resource: plural), storageAPIVersion: "\(group)/\(storage)",
                behaviour: .custom,
                selectableFields: Dictionary(fields.map { (String($0.drop { $0 == "." }), keys($0)) }) { first, _ in first },
                custom: CustomKind(
                    name: object.name, schema: Machinery.customSchema(version),
                    columns: version["additionalPrinterColumns"]?.array ?? []))
        }
    }

    private static func scalePaths(_ scale: JSON) -> ResourceDefinition.ScalePaths? {
        guard let spec = scale["specReplicasPath"]?.string, let status = scale["statusReplicasPath"]?.string else {
            return nil
        }
        return ResourceDefinition.ScalePaths(
            spec: keys(spec), status: keys(status), selector: scale["labelSelectorPath"]?.string.map(keys))
    }

    /// `.spec.replicas` as keys.
    private static func keys(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
}

/// What the server says about a CustomResourceDefinition. Here a definition is served in the moment it is stored.
enum CustomKindRules {
    /// Keeps a definition until its objects are gone.
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// Fills in the names that may be left out.
    static func prepare(_ object: inout JSON) {
        guard var names = object[path: "spec", "names"], let kind = names["kind"]?.string else { return }
        if names["singular"]?.string ?? "" == "" { names["singular"] = .string(kind.lowercased()) }
        if names["listKind"]?.string ?? "" == "" { names["listKind"] = .string("\(kind)List") }
        object["spec"]?["names"] = names
        if object[path: "spec", "conversion"] == nil { object["spec"]?["conversion"] = ["strategy": "None"] }
    }

    static func setStatus(_ object: inout JSON, existing: JSON?, now: Date) {
        if existing == nil {
            let finalizers = object.finalizers + [finalizer]
            object["metadata"]?["finalizers"] = .array(finalizers.map { .string($0) })
        }
        let before = existing?[path: "status", "conditions"]?.array ?? []
        func condition(_ type: String, _ status: String, _ reason: String, _ message: String) -> JSON {
            let old = before.first { $0["type"]?.string == type && $0["status"]?.string == status }
            return [
                "type": .string(type), "status": .string(status), "reason": .string(reason),
                "message": .string(message),
                "lastTransitionTime": old?["lastTransitionTime"] ?? .string(Timestamp.format(now)),
            ]
        }
        let storage = (object[path: "spec", "versions"]?.array ?? [])
            .first { $0["storage"]?.bool == true }?["name"]?.string
        var stored = (existing?[path: "status", "storedVersions"]?.array ?? []).compactMap(\.string)
        if let storage, !stored.contains(storage) { stored.append(storage) }
        var conditions = [
            condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
            condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
        ]
        if object.isBeingDeleted {
            conditions.append(
                condition("Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"))
        }
        object["status"] = [
            "acceptedNames": object[path: "spec", "names"] ?? .object([:]), "conditions": .array(conditions),
            "storedVersions": .array(stored.map { .string($0) }),
        ]
    }
}
