import APIMachinery
import KubernetesModel

enum SchemaSamples {
    static let schema = StructuralSchema([
        "type": "object", "required": ["spec"],
        "properties": [
            "spec": [
                "type": "object", "required": ["mode"],
                "x-kubernetes-validations": [
                    [
                        "rule": "!has(self.limit) || self.size <= self.limit",
                        "message": "size must not exceed limit",
                    ]
                ],
                "properties": [
                    "mode": ["type": "string", "enum": ["Fast", "Safe"]],
                    "size": ["type": "integer", "minimum": 1, "maximum": 100, "default": 3],
                    "limit": ["type": "integer"],
                    "name": [
                        "type": "string", "pattern": "^[a-z]+$", "maxLength": 8,
                        "x-kubernetes-validations": [["rule": "self == oldSelf", "message": "name is immutable"]],
                    ],
                    "when": ["type": "string", "format": "date-time"],
                    "any": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    "intOrString": ["x-kubernetes-int-or-string": true],
                    "tags": [
                        "type": "array", "x-kubernetes-list-type": "set", "maxItems": 4, "items": ["type": "string"],
                    ],
                    "parts": [
                        "type": "array", "maxItems": 5, "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                            "type": "object", "required": ["name"],
                            "properties": ["name": ["type": "string"], "value": ["type": "string"]],
                        ],
                    ],
                    "labels": ["type": "object", "additionalProperties": ["type": "string"]],
                ],
            ]
        ],
    ])

    static func object(_ spec: JSON) -> JSON {
        ["apiVersion": "example.com/v1", "kind": "Sample", "metadata": ["name": "a"], "spec": spec]
    }

    static func definition(_ schema: JSON = ["type": "object"]) -> JSON {
        [
            "metadata": ["name": "samples.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["kind": "Sample", "plural": "samples"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
                        "subresources": [
                            "status": [:],
                            "scale": ["specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"],
                        ],
                        "selectableFields": [["jsonPath": ".spec.mode"]],
                        "additionalPrinterColumns": [["name": "Mode", "type": "string", "jsonPath": ".spec.mode"]],
                    ]
                ],
            ],
        ]
    }
}
