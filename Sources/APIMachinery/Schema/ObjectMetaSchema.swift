import KubernetesModel

/// `metav1.ObjectMeta` as a schema.
enum ObjectMetaSchema {
    static let json: JSON = [
        "type": "object",
        "description": "What every stored object says about itself, whatever its kind.",
        "properties": .object(properties),
    ]

    private static let properties: [String: JSON] = [
        "annotations": map(
            "Keys and values that tools keep with the object. They may be of any text and objects cannot be chosen by them."
        ),
        "creationTimestamp": time("When the object was created, by the server's clock. Set by the server."),
        "deletionGracePeriodSeconds": number(
            "Seconds that the object is given to end by itself after its deletion. Set by the server, and only lowered."
        ),
        "deletionTimestamp": time(
            """
            When the object is to be gone. Set by the server on deletion; from then on the object stays only until its \
            finalizers are removed.
            """),
        "finalizers": [
            "type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge", "nullable": true,
            "description": """
            What must be done before the object goes. Whoever has done it removes its entry; the last one removed lets \
            a deleted object go. The order means nothing.
            """,
        ],
        "generateName": text(
            "The beginning of a name, for an object created without one. The server adds five letters and digits."),
        "generation": number("Counts the changes of what is wanted, not of the status. Set by the server."),
        "labels": map("Keys and values by which objects are chosen and grouped."),
        "managedFields": [
            "type": "array", "x-kubernetes-list-type": "atomic", "nullable": true,
            "description": "Which manager set which fields, and how. Kept by the server for server-side apply.",
            "items": managedFieldsEntry,
        ],
        "name": text("The object's name, unique among those of its kind in its namespace. It cannot be changed."),
        "namespace": text(
            "The space within which the name is unique. Empty for kinds that are in none. It cannot be changed."),
        "ownerReferences": [
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
            "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge", "nullable": true,
            "description": "The objects that this one belongs to. When all of them are gone, it is deleted too.",
            "items": ownerReference,
        ],
        "resourceVersion": text(
            """
            The version of the object's content, to detect changes and to watch from. Clients compare it for equality \
            and send it back unread. Set by the server.
            """),
        "selfLink": text("Not set any more."),
        "uid": text(
            "Tells the object from all others at all times, also from an earlier one of its name. Set by the server."),
    ]

    private static let managedFieldsEntry: JSON = [
        "type": "object",
        "description": "The fields that one manager set by one kind of request in one version of the API.",
        "properties": [
            "apiVersion": text("The version in which the fields are named."),
            "fieldsType": text("The format of the set of fields; FieldsV1 is the only one."),
            "fieldsV1": [
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "description": "The set of fields, as a tree of their names.",
            ],
            "manager": text("Who set them."),
            "operation": text("Apply for server-side apply, Update for every other way of writing."),
            "subresource": text("The subresource that was written to; empty for the object itself."),
            "time": ["type": "string", "format": "date-time", "description": "When the set last changed."],
        ],
    ]

    private static let ownerReference: JSON = [
        "type": "object", "x-kubernetes-map-type": "atomic",
        "description": "An owner, which is in the same namespace or in none.",
        "required": ["apiVersion", "kind", "name", "uid"],
        "properties": [
            "apiVersion": text("The API version of the owner."),
            "blockOwnerDeletion": [
                "type": "boolean",
                "description": "Whether a foreground deletion of the owner waits until this object is gone.",
            ],
            "controller": [
                "type": "boolean",
                "description": "Whether the owner is the one that manages this object; one at most is.",
            ],
            "kind": text("The kind of the owner."),
            "name": text("The name of the owner."),
            "uid": text("The uid of the owner."),
        ],
    ]

    private static func text(_ description: String) -> JSON {
        ["type": "string", "description": .string(description)]
    }

    private static func number(_ description: String) -> JSON {
        ["type": "integer", "format": "int64", "description": .string(description)]
    }

    private static func time(_ description: String) -> JSON {
        ["type": "string", "format": "date-time", "nullable": true, "description": .string(description)]
    }

    private static func map(_ description: String) -> JSON {
        [
            "type": "object", "additionalProperties": ["type": "string"], "nullable": true,
            "description": .string(description),
        ]
    }
}
