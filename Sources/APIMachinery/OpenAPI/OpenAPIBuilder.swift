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
    public func index() -> JSON { ["paths": [:]] }

    /// `/openapi/v3/api/v1`, `/openapi/v3/apis/apps/v1`; nil for a group version that is not there.
    public func v3(group: String, version: String) -> JSON? { nil }

    /// `/openapi/v2`: one document for all.
    public func v2() -> JSON { .object([:]) }
}
