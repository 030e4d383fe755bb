import KubernetesModel

/// `metav1.ObjectMeta` as a schema.
enum ObjectMetaSchema {
    static let json: JSON = [
        "type": "object",
        "description": "Standard object's metadata.",
        "properties": [
            "annotations": [
                "type": "object", "additionalProperties": ["type": "string"], "nullable": true,
                "description": "Arbitrary text that tools keep with the object.",
            ],
            "creationTimestamp": [
                "type": "string", "format": "date-time", "nullable": true,
                "description": "When the object was created, by the server's clock.",
            ],
            "deletionGracePeriodSeconds": [
                "type": "integer", "format": "int64", "description": "Seconds that the object has to end by itself.",
            ],
            "deletionTimestamp": [
                "type": "string", "format": "date-time", "nullable": true,
                "description": "When the object is to be gone; set by the server on deletion.",
            ],
            "finalizers": [
                "type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set",
                "x-kubernetes-patch-strategy": "merge", "nullable": true,
                "description": "What must be done before the object goes; the last one removed lets it go.",
            ],
            "generateName": [
                "type": "string", "description": "A prefix; the server makes a unique name of it when there is none.",
            ],
            "generation": [
                "type": "integer", "format": "int64", "description": "Counts the changes of what is wanted.",
            ],
            "labels": [
                "type": "object", "additionalProperties": ["type": "string"], "nullable": true,
                "description": "Keys and values by which objects are chosen.",
            ],
            "managedFields": [
                "type": "array", "x-kubernetes-list-type": "atomic", "nullable": true,
                "description": "Which manager owns which fields.",
                "items": [
                    "type": "object",
                    "properties": [
                        "apiVersion": ["type": "string"], "fieldsType": ["type": "string"],
                        "fieldsV1": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                        "manager": ["type": "string"], "operation": ["type": "string"],
                        "subresource": ["type": "string"], "time": ["type": "string", "format": "date-time"],
                    ],
                ],
            ],
            "name": ["type": "string", "description": "Unique within a namespace; cannot be changed."],
            "namespace": ["type": "string", "description": "The space within which names are unique."],
            "ownerReferences": [
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
                "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge", "nullable": true,
                "description": "Objects that this one goes with: when all are gone it is collected.",
                "items": [
                    "type": "object", "x-kubernetes-map-type": "atomic",
                    "required": ["apiVersion", "kind", "name", "uid"],
                    "properties": [
                        "apiVersion": ["type": "string"], "blockOwnerDeletion": ["type": "boolean"],
                        "controller": ["type": "boolean"], "kind": ["type": "string"], "name": ["type": "string"],
                        "uid": ["type": "string"],
                    ],
                ],
            ],
            "resourceVersion": [
                "type": "string", "description": "The version of the object; to be compared for equality only.",
            ],
            "selfLink": ["type": "string", "description": "Not set any more."],
            "uid": ["type": "string", "description": "Unique in time and space; set by the server."],
        ],
    ]
}
