public import KubernetesModel

/// The definitions of the five kinds, as `kubectl apply` takes them.
public enum CustomResourceDefinitions {
    public static let all: [JSON] = [
        definition(
            BackupStore.resourceType, short: "bst", schema: BackupStore.schema, columns: BackupStore.columns),
        definition(
            BackupPolicy.resourceType, short: "bp", schema: BackupPolicy.schema, columns: BackupPolicy.columns),
        definition(Backup.resourceType, short: "bk", schema: Backup.schema, columns: Backup.columns),
        definition(
            RecoveryPlan.resourceType, short: "rp", schema: RecoveryPlan.schema, columns: RecoveryPlan.columns),
        definition(
            RecoveryRun.resourceType, short: "rr", schema: RecoveryRun.schema, columns: RecoveryRun.columns),
    ]

    /// `dr.hotswap.io_backupstores.yaml`, as controller-gen names such files.
    public static func fileName(of definition: JSON) -> String {
        let plural = definition[path: "spec", "names", "plural"]?.string ?? ""
        return "\(RecoveryGroup.name)_\(plural).yaml"
    }

    static func definition(_ type: ResourceType, short: String, schema: Schema, columns: [PrinterColumn]) -> JSON {
        [
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": [
                "name": .string("\(type.plural).\(type.group)"),
                "labels": ["app.kubernetes.io/name": "dr"],
            ],
            "spec": [
                "group": .string(type.group),
                "scope": "Namespaced",
                "names": [
                    "kind": .string(type.kind),
                    "listKind": .string("\(type.kind)List"),
                    "plural": .string(type.plural),
                    "singular": .string(type.kind.lowercased()),
                    "shortNames": [.string(short)],
                    "categories": ["dr"],
                ],
                "versions": [
                    [
                        "name": .string(type.version),
                        "served": true,
                        "storage": true,
                        "subresources": ["status": [:]],
                        "additionalPrinterColumns": .array(columns.map(\.json)),
                        "schema": ["openAPIV3Schema": schema.json],
                    ]
                ],
            ],
        ]
    }
}

extension PrinterColumn {
    fileprivate var json: JSON {
        var json: JSON = ["name": .string(name), "type": .string(type), "jsonPath": .string(path)]
        if priority != 0 { json["priority"] = .integer(priority) }
        return json
    }
}
