public import KubernetesModel

/// A kind to document.
public struct OpenAPIKind: Sendable {
    public var type: ResourceType
    public var listKind: String
    public var schema: StructuralSchema
    public var hasStatus: Bool
    public var hasScale: Bool
    /// Custom kinds take no strategic merge patches.
    public var isCustom: Bool

    public init(
        type: ResourceType, listKind: String, schema: StructuralSchema, hasStatus: Bool, hasScale: Bool, isCustom: Bool
    ) {
        self.type = type
        self.listKind = listKind
        self.schema = schema
        self.hasStatus = hasStatus
        self.hasScale = hasScale
        self.isCustom = isCustom
    }
}

extension OpenAPIKind {
    /// `api/v1`, `apis/apps/v1`: where the group version's paths and its document are.
    var groupPath: String { type.group.isEmpty ? "api/\(type.version)" : "apis/\(type.group)/\(type.version)" }

    /// `com.example.v1.Sample` for a custom kind, as Kubernetes names schemas: clients show only the last part, but
    /// generators of types make packages of the rest.
    func schemaName(_ kind: String) -> String {
        let parts = type.group.split(separator: ".").map(String.init)
        if isCustom { return (parts.reversed() + [type.version, kind]).joined(separator: ".") }
        if type.group == "apiextensions.k8s.io" {
            return "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.\(type.version).\(kind)"
        }
        return "io.k8s.api.\(parts.first ?? "core").\(type.version).\(kind)"
    }

    func groupVersionKind(_ kind: String) -> JSON {
        ["group": .string(type.group), "version": .string(type.version), "kind": .string(kind)]
    }

    /// The schema of the whole object, with the fields that every object has.
    func objectSchema(_ dialect: OpenAPIDialect) -> JSON {
        var schema = dialect.converted(schema.json)
        if schema["type"] == nil { schema["type"] = "object" }
        var properties = schema["properties"]?.object ?? [:]
        properties["apiVersion"] = OpenAPICommon.apiVersion
        properties["kind"] = OpenAPICommon.kind
        properties["metadata"] = dialect.reference(
            to: OpenAPICommon.objectMeta, description: OpenAPICommon.metadataDescription)
        schema["properties"] = .object(properties)
        schema["x-kubernetes-group-version-kind"] = [groupVersionKind(type.kind)]
        return schema
    }

    func listSchema(_ dialect: OpenAPIDialect) -> JSON {
        [
            "type": "object", "description": .string("\(listKind) is a list of \(type.kind)"), "required": ["items"],
            "properties": [
                "apiVersion": OpenAPICommon.apiVersion, "kind": OpenAPICommon.kind,
                "metadata": dialect.reference(
                    to: OpenAPICommon.listMeta, description: "What the list says about itself."),
                "items": [
                    "type": "array", "description": .string("The \(type.plural)."),
                    "items": dialect.reference(to: schemaName(type.kind)),
                ],
            ],
            "x-kubernetes-group-version-kind": [groupVersionKind(listKind)],
        ]
    }
}
