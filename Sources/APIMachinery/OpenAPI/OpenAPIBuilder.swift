public import KubernetesModel

/// The documents that `kubectl explain`, kubectl's checks and code generators read.
public struct OpenAPIBuilder: Sendable {
    public let kinds: [OpenAPIKind]

    public init(_ kinds: [OpenAPIKind]) { self.kinds = kinds }

    /// The group versions served, as the paths of their documents below `/openapi/v3/`: `api/v1`, `apis/apps/v1`; each once,
    /// sorted.
    public var groupPaths: [String] { Set(kinds.map(\.groupPath)).sorted() }

    /// `/openapi/v3`: the documents, each with a hash of its content, by which clients cache them for good.
    /// - Parameter hashes: by group path.
    public static func index(hashes: [String: String]) -> JSON {
        [
            "paths": .object(
                Dictionary(
                    uniqueKeysWithValues: hashes.map { path, hash in
                        (path, ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")])
                    }))
        ]
    }

    /// The document of one group version; nil for one that is not there.
    /// - Parameter groupPath: `api/v1`, `apis/apps/v1`.
    public func v3(groupPath: String) -> JSON? {
        let kinds = kinds.filter { $0.groupPath == groupPath }
        if kinds.isEmpty { return nil }
        return [
            "openapi": "3.0.0", "info": Self.info, "paths": Self.paths(kinds, .v3),
            "components": ["schemas": Self.schemas(kinds, .v3)],
        ]
    }

    /// `/openapi/v2`: one document for all.
    public func v2() -> JSON {
        [
            "swagger": "2.0", "info": Self.info, "paths": Self.paths(kinds, .v2),
            "definitions": Self.schemas(kinds, .v2),
        ]
    }

    private static let info: JSON = ["title": "dr standalone", "version": "v1"]

    private static func paths(_ kinds: [OpenAPIKind], _ dialect: OpenAPIDialect) -> JSON {
        .object(
            kinds.reduce(into: [:]) { result, kind in
                result.merge(OpenAPIPaths(kind: kind, dialect: dialect).all()) { first, _ in first }
            })
    }

    private static func schemas(_ kinds: [OpenAPIKind], _ dialect: OpenAPIDialect) -> JSON {
        var result = OpenAPICommon.schemas(dialect)
        for kind in kinds {
            result[kind.schemaName(kind.type.kind)] = kind.objectSchema(dialect)
            result[kind.schemaName(kind.listKind)] = kind.listSchema(dialect)
        }
        return .object(result)
    }
}
