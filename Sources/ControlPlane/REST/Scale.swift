import APIMachinery
import Foundation
import KubernetesModel

/// `autoscaling/v1` Scale: how many replicas an object wants and has, whatever its kind.
enum Scale {
    static func document(_ object: JSON, _ definition: ResourceDefinition) throws(APIFailure) -> JSON {
        guard let paths = definition.scale else { throw .serverCouldNotFind }
        var metadata: JSON = [
            "name": .string(object.name), "uid": .string(object.uid),
            "resourceVersion": .string(object.resourceVersion),
        ]
        metadata["namespace"] = object[path: "metadata", "namespace"]
        metadata["creationTimestamp"] = object[path: "metadata", "creationTimestamp"]
        var status: JSON = ["replicas": object.value(at: paths.status) ?? 0]
        if let path = paths.selector, let selector = object.value(at: path) {
            status["selector"] = selector.string.map { .string($0) } ?? .string(text(ofSelector: selector))
        }
        var spec: JSON = [:]
        spec["replicas"] = object.value(at: paths.spec)
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status,
        ]
    }

    /// `app=web,tier in (a,b)`: a selector object as text.
    static func text(ofSelector selector: JSON) -> String {
        let labels = (selector["matchLabels"]?.object ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.string ?? "")" }
        let expressions = (selector["matchExpressions"]?.array ?? []).map { expression in
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.array ?? []).compactMap(\.string).sorted().joined(separator: ",")
            return switch expression["operator"]?.string {
            case "In": "\(key) in (\(values))"
            case "NotIn": "\(key) notin (\(values))"
            case "Exists": key
            default: "!\(key)"
            }
        }
        return (labels + expressions).joined(separator: ",")
    }
}

extension APIServer {
    /// Changes an object's replicas through its scale.
    func changeScale(
        _ target: Target, _ options: WriteOptions, _ edit: @escaping @Sendable (JSON) throws -> JSON
    ) async throws -> APIResponse {
        let definition = target.definition
        guard let paths = definition.scale else { throw APIFailure.serverCouldNotFind }
        let time = now()
        let stored = try await store.write { [self] transaction in
            return try change(target, options, transaction, time) { existing in
                let scale = try edit(try Scale.document(existing, definition))
                guard
                    let replicas = scale[path: "spec", "replicas"]?.integer
                        ?? (scale["spec"]?["replicas"] == nil ? 0 : nil)
                else {
                    throw APIFailure.badRequest(
                        "Scale in version \"v1\" cannot be handled as a Scale: spec.replicas must be a number")
                }
                guard replicas >= 0, replicas <= Int32.max else {
                    throw APIFailure.invalid(
                        ResourceType(group: "autoscaling", version: "v1", kind: "Scale", plural: "scales"), target.name,
                        [
                            .invalid(
                                FieldPath("spec.replicas"), .integer(replicas), "must be greater than or equal to 0")
                        ])
                }
                var wanted = existing
                wanted.set(.integer(replicas), at: paths.spec)
                // What the client read it at, when it said so: the scale's version is the object's.
                wanted["metadata"]?["resourceVersion"] = scale[path: "metadata", "resourceVersion"]
                wanted["metadata"]?["uid"] = scale[path: "metadata", "uid"]
                return wanted
            }
        }
        return APIResponse(document: try Scale.document(definition.present(stored), definition))
    }
}

extension JSON {
    func value(at path: [String]) -> JSON? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    mutating func set(_ new: JSON, at path: [String]) {
        guard let key = path.first else {
            self = new
            return
        }
        var member = self[key] ?? .object([:])
        member.set(new, at: Array(path.dropFirst()))
        self[key] = member
    }
}
