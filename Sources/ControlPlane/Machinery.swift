import Foundation
import KubernetesModel

/// The seam to the pure decisions. TEMPORARY bodies until APIMachinery is there.
enum Machinery {
    struct CustomSchema: Sendable {}
    static func customSchema(_ version: JSON) -> CustomSchema { CustomSchema() }
    static func normalize(_ object: JSON, _ definition: ResourceDefinition) -> JSON { object }
    static func unknownFields(_ object: JSON, _ definition: ResourceDefinition) -> [String] { [] }
    static func metadataErrors(_ object: JSON, old: JSON?, _ definition: ResourceDefinition) -> [APIStatus.Cause] { [] }
    static func schemaErrors(_ object: JSON, old: JSON?, _ definition: ResourceDefinition) -> [APIStatus.Cause] { [] }
    static func track(
        old: JSON?, new: JSON, _ definition: ResourceDefinition, _ subresource: Subresource, manager: String, now: Date
    ) -> JSON { new }
    static func patch(
        _ object: JSON, with patch: JSON, _ type: APIServer.PatchType, _ definition: ResourceDefinition
    ) throws -> JSON { merge(object, patch) }
    private static func merge(_ target: JSON, _ patch: JSON) -> JSON {
        guard case .object(let members) = patch else { return patch }
        var result = target.object ?? [:]
        for (key, value) in members { result[key] = value.isNull ? nil : merge(result[key] ?? .null, value) }
        return .object(result)
    }
    static func apply(
        _ wanted: JSON, live: JSON?, _ definition: ResourceDefinition, _ subresource: Subresource, manager: String,
        force: Bool, now: Date
    ) throws -> JSON { live.map { merge($0, wanted) } ?? wanted }
    static func selector(
        labels: String?, fields: String?, _ definition: ResourceDefinition
    ) throws -> @Sendable (JSON) -> Bool { { _ in true } }
    static func matches(selector: JSON, labels: JSON?) -> Bool { true }
    static func table(
        _ objects: [JSON], _ definition: ResourceDefinition, include: String?, now: Date, withColumns: Bool,
        metadata: JSON
    ) -> JSON { .null }
    static func partialMetadata(_ object: JSON) -> JSON {
        ["kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? .object([:])]
    }
    static func openAPIv2(_ registry: ResourceRegistry) -> [UInt8] { Array("{}".utf8) }
    static func openAPIv3Index(_ registry: ResourceRegistry) -> JSON { ["paths": [:]] }
    static func openAPIv3(_ registry: ResourceRegistry, _ path: [String]) -> [UInt8]? { nil }
}
