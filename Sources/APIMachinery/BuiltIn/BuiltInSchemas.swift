public import KubernetesModel

/// The schemas of the kinds that are there without a definition: for `kubectl explain`, patches, server-side apply, and
/// to know unknown fields.
public enum BuiltInSchemas {
    /// nil for a kind that is not built in.
    public static func schema(group: String, version: String, kind: String) -> StructuralSchema? {
        typeName(group: group, version: version, kind: kind).map { StructuralSchema(json($0)) }
    }

    /// What keeps an object from being read as its kind, in the words of Go's decoder; nil when nothing does.
    public static func decodingProblem(_ object: JSON, group: String, version: String, kind: String) -> String? {
        typeName(group: group, version: version, kind: kind).flatMap { GoDecoding.problem(object, type: $0) }
    }

    /// Kinds by name; the two Events differ.
    private static func typeName(group: String, version: String, kind: String) -> String? {
        let kinds: [String: [String]] = [
            "": ["Namespace", "ConfigMap", "Secret", "Event", "ServiceAccount", "Service"],
            "apps": ["Deployment", "StatefulSet"],
            "batch": ["Job"], "coordination.k8s.io": ["Lease"], "events.k8s.io": ["Event"], "autoscaling": ["Scale"],
            "apiextensions.k8s.io": ["CustomResourceDefinition"],
        ]
        guard version == "v1", kinds[group]?.contains(kind) == true else { return nil }
        return group == "events.k8s.io" ? "EventsEvent" : kind
    }

    private static func json(_ name: String) -> JSON {
        guard let type = BuiltInTypes.all[name] else { return ["x-kubernetes-preserve-unknown-fields": true] }
        var properties: [String: JSON] = [:]
        for field in type.fields { properties[field.name] = json(field) }
        var result: JSON = ["type": "object", "properties": .object(properties)]
        let required = type.fields.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { result["required"] = .array(required) }
        if type.isAtomic { result["x-kubernetes-map-type"] = "atomic" }
        return result
    }

    private static func json(_ field: BuiltInTypes.Field) -> JSON {
        var result = json(field.kind)
        if case .list = field.kind {
            switch field.listKeys {
            case nil: result["x-kubernetes-list-type"] = "atomic"
            case []?: result["x-kubernetes-list-type"] = "set"
            case let keys?:
                result["x-kubernetes-list-type"] = "map"
                result["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
            }
        }
        if field.isAtomicMap { result["x-kubernetes-map-type"] = "atomic" }
        let strategies = (field.mergeKey == nil ? [] : ["merge"]) + (field.retainsKeys ? ["retainKeys"] : [])
        if !strategies.isEmpty {
            result["x-kubernetes-patch-strategy"] = .string(strategies.joined(separator: ","))
        }
        if let key = field.mergeKey, !key.isEmpty { result["x-kubernetes-patch-merge-key"] = .string(key) }
        if let text = field.defaultText { result["default"] = text.isEmpty ? .object([:]) : .string(text) }
        if !field.values.isEmpty { result["enum"] = .array(field.values.map { .string($0) }) }
        return result
    }

    private static func json(_ kind: BuiltInTypes.Kind) -> JSON {
        switch kind {
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .int32: ["type": "integer", "format": "int32"]
        case .int64: ["type": "integer", "format": "int64"]
        case .time, .microTime: ["type": "string", "format": "date-time"]
        case .bytes: ["type": "string", "format": "byte"]
        case .intOrString: ["x-kubernetes-int-or-string": true]
        case .quantity: ["x-kubernetes-int-or-string": true, "format": .string(Quantity.format)]
        case .anything: ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        case .metadata: metadata
        case .named(let name): json(name)
        case .list(let item): ["type": "array", "items": json(item)]
        case .map(let item): ["type": "object", "additionalProperties": json(item)]
        }
    }

    /// The metadata of an object inside another. A null in it means nothing.
    private static let metadata: JSON = {
        var result = ObjectMetaSchema.json
        let properties = result["properties"]?.object ?? [:]
        result["properties"] = .object(
            properties.mapValues {
                var property = $0
                property["nullable"] = nil
                return property
            })
        return result
    }()
}
