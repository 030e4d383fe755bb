public import KubernetesModel

/// What an API server says, as text.
public enum Texts {
    public static func configMap(
        _ name: String, version: String, namespace: String = "shop", uid: String? = nil, data: [String: String] = [:]
    ) -> JSON {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string(uid ?? "uid-\(name)"),
                "resourceVersion": .string(version),
                "managedFields": [["manager": "kubectl", "fieldsV1": ["f:data": [:]]]],
            ],
            "data": .object(data.mapValues(JSON.string)),
        ]
    }

    public static func list(_ items: [JSON], version: String, next: String? = nil) -> JSON {
        var metadata: JSON = ["resourceVersion": .string(version)]
        metadata["continue"] = next.map(JSON.string)
        return .string(
            (["kind": "ConfigMapList", "apiVersion": "v1", "metadata": metadata, "items": .array(items)] as JSON).text)
    }

    public static func status(
        _ reason: String, _ code: Int64, message: String = "no", details: JSON? = nil
    ) -> JSON {
        var status: JSON = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "reason": .string(reason), "code": .integer(code),
        ]
        status["details"] = details
        return status
    }

    public static func event(_ type: String, _ object: JSON) -> JSON {
        .string((["type": .string(type), "object": object] as JSON).text + "\n")
    }

    public static func bookmark(_ version: String, ends: Bool = false) -> JSON {
        var metadata: JSON = ["resourceVersion": .string(version)]
        if ends { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return event("BOOKMARK", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata])
    }
}
