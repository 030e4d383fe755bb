import APIMachinery
import Foundation
import KubernetesModel

/// The kinds that CustomResourceDefinitions describe. Here a definition is served in the moment it is stored.
enum CustomKind {
    /// Keeps a definition until its objects are gone.
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    static func key(_ name: String) -> StorageKey {
        StorageKey(collection: BuiltIn.customResourceDefinitions.collection, namespace: "", name: name)
    }

    /// The versions of a definition that are served.
    static func definitions(_ object: JSON) -> [ResourceDefinition] {
        guard let kind = CustomResourceKind(object) else { return [] }
        let storage = kind.versions.first(where: \.isStorage)?.name ?? ""
        return kind.versions.filter(\.isServed).map { version in
            ResourceDefinition(
                type: kind.type(version), singular: kind.singular, listKind: kind.listKind,
                shortNames: kind.shortNames, categories: kind.categories, verbs: ResourceDefinition.customVerbs,
                hasStatus: version.hasStatus,
                scale: version.scale.map {
                    ResourceDefinition.ScalePaths(
                        spec: $0.specReplicasPath, status: $0.statusReplicasPath, selector: $0.labelSelectorPath)
                },
                collection: Collection(group: kind.group, resource: kind.plural),
                storageAPIVersion: "\(kind.group)/\(storage)", behaviour: .custom,
                selectableFields: version.selectableFields, schema: version.schema, table: version.table,
                definedBy: object.name, deprecation: version.isDeprecated ? version.deprecationWarning : nil)
        }
    }

    /// What the server adds to a new definition.
    static func finishCreate(_ object: inout JSON, now: Date) {
        let finalizers = object.finalizers + [finalizer]
        object["metadata"]?["finalizers"] = .array(finalizers.map { .string($0) })
        object["status"] = CRDValidation.status(of: object, old: nil, now: now)
    }
}
