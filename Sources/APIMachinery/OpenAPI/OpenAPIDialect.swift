import KubernetesModel

/// The two versions of OpenAPI that Kubernetes publishes, where they differ.
enum OpenAPIDialect: Sendable {
    case v2, v3

    /// Where schemas are within a document.
    private var prefix: String { self == .v2 ? "#/definitions/" : "#/components/schemas/" }

    /// A reference. In version 3 nothing may stand beside `$ref`, so a description goes around it.
    func reference(to name: String, description: String? = nil) -> JSON {
        let reference: JSON = ["$ref": .string(prefix + name)]
        guard let description else { return reference }
        switch self {
        case .v2: return ["$ref": .string(prefix + name), "description": .string(description)]
        case .v3: return ["allOf": [reference], "description": .string(description)]
        }
    }

    /// A schema as this version can say it. Version 3 can say everything that a definition can. Clients of version 2 know
    /// neither null nor alternatives, so what may be null or is kept as it comes has no type there.
    func converted(_ schema: JSON) -> JSON {
        guard self == .v2, case .object(var members) = schema else { return schema }
        for key in ["anyOf", "oneOf", "not", "default", "nullable"] { members[key] = nil }
        let isLoose =
            schema["nullable"]?.bool == true || schema["x-kubernetes-int-or-string"]?.bool == true
            || schema["x-kubernetes-preserve-unknown-fields"]?.bool == true && schema["properties"] == nil
        if isLoose {
            for key in ["type", "properties", "items", "additionalProperties", "required", "allOf"] {
                members[key] = nil
            }
            return .object(members)
        }
        for key in ["items", "additionalProperties"] {
            if let inner = members[key], inner.object != nil { members[key] = converted(inner) }
        }
        if let properties = members["properties"]?.object {
            members["properties"] = .object(properties.mapValues(converted))
        }
        members["allOf"] = nil
        return .object(members)
    }
}
