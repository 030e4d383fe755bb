import KubernetesModel

/// The schemas that all kinds share.
enum OpenAPICommon {
    private static let prefix = "io.k8s.apimachinery.pkg.apis.meta.v1."
    static let objectMeta = prefix + "ObjectMeta"
    static let listMeta = prefix + "ListMeta"
    static let patch = prefix + "Patch"
    static let status = prefix + "Status"
    static let deleteOptions = prefix + "DeleteOptions"
    private static let ownerReference = prefix + "OwnerReference"
    private static let managedFieldsEntry = prefix + "ManagedFieldsEntry"
    private static let fields = prefix + "FieldsV1"

    // The words of these three are part of what `kubectl explain` is expected to print for every kind.
    private static let conventions =
        "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"

    static let apiVersion: JSON = [
        "type": "string",
        "description": .string(
            """
            APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized \
            schemas to the latest internal value, and may reject unrecognized values. More info: \(conventions)#resources
            """),
    ]

    static let kind: JSON = [
        "type": "string",
        "description": .string(
            """
            Kind is a string value representing the REST resource this object represents. Servers may infer this from the \
            endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: \(conventions)#types-kinds
            """),
    ]

    static let metadataDescription = "Standard object's metadata. More info: \(conventions)#metadata"

    static func schemas(_ dialect: OpenAPIDialect) -> [String: JSON] {
        var meta = withoutNullable(ObjectMetaSchema.json)
        var properties = meta["properties"]?.object ?? [:]
        let managed = properties["managedFields"]
        var result: [String: JSON] = [:]
        // Items that have a name of their own, which clients show.
        for (field, name) in [("ownerReferences", ownerReference), ("managedFields", managedFieldsEntry)] {
            result[name] = dialect.converted(properties[field]?["items"] ?? .object([:]))
            properties[field]?["items"] = dialect.reference(to: name)
        }
        meta["properties"] = .object(properties)
        result[objectMeta] = meta
        var entry = managed?[path: "items", "properties", "fieldsV1"] ?? .object([:])
        let description = entry["description"]?.string
        entry["x-kubernetes-preserve-unknown-fields"] = nil
        result[fields] = entry
        result[managedFieldsEntry]?["properties"]?["fieldsV1"] = dialect.reference(to: fields, description: description)
        result[listMeta] = [
            "type": "object", "description": "What a list says about itself.",
            "properties": [
                "continue": [
                    "type": "string", "description": "With which the next page is asked for; empty for the last.",
                ],
                "remainingItemCount": [
                    "type": "integer", "format": "int64", "description": "How many objects follow after this page.",
                ],
                "resourceVersion": ["type": "string", "description": "The version of the list, to watch from."],
                "selfLink": ["type": "string", "description": "Not set any more."],
            ],
        ]
        result[patch] = [
            "type": "object", "description": "A change of an object, in the format that the media type names.",
        ]
        result[status] = answer(dialect)
        result[deleteOptions] = ["type": "object", "description": "How an object is to be deleted."]
        return result
    }

    private static func answer(_ dialect: OpenAPIDialect) -> JSON {
        [
            "type": "object", "description": "What became of a request that has no object to show.",
            "properties": [
                "apiVersion": apiVersion, "kind": kind,
                "metadata": dialect.reference(to: listMeta, description: "Empty."),
                "code": ["type": "integer", "format": "int32", "description": "The HTTP status."],
                "details": [
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                    "description": "The object meant and the causes, field by field.",
                ],
                "message": ["type": "string", "description": "What happened, for people."],
                "reason": ["type": "string", "description": "What happened, for programs."],
                "status": ["type": "string", "description": "Success or Failure."],
            ],
            "x-kubernetes-group-version-kind": [["group": "", "version": "v1", "kind": "Status"]],
        ]
    }

    /// Clients send and drop nulls in metadata as they like; nothing is said of that.
    private static func withoutNullable(_ schema: JSON) -> JSON {
        var schema = schema
        let properties = schema["properties"]?.object ?? [:]
        schema["properties"] = .object(
            properties.mapValues { property in
                var property = property
                property["nullable"] = nil
                return property
            })
        return schema
    }
}
