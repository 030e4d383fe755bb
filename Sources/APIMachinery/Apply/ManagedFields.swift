import Foundation
import KubernetesModel

/// Who owns which field: `metadata.managedFields`, kept on every write, and server-side apply, which works by it.
///
/// The rules are those of Kubernetes: a write takes what it changes from everyone who owned it; an apply owns what it
/// says, conflicts with others who say otherwise, and removes what it said before, says no more and nobody else owns.
public struct ManagedFields: Sendable {
    /// The kind's schema: it says which lists are sets or maps and which maps are atomic.
    public var schema: StructuralSchema
    public var apiVersion: String
    /// Paths that a write to a subresource (empty for the object itself) cannot change and never owns.
    public var resetFields: [String: [[String]]]
    /// Objects of the kind have their declared objects even when nothing is in them, as built-in kinds do.
    public var isBuiltIn: Bool

    public init(
        schema: StructuralSchema, apiVersion: String, resetFields: [String: [[String]]] = [:], isBuiltIn: Bool = false
    ) {
        self.schema = schema
        self.apiVersion = apiVersion
        self.resetFields = resetFields
        self.isBuiltIn = isBuiltIn
    }

    /// Whether `status` is a subresource: then only writes to it own its fields.
    public init(schema: StructuralSchema, apiVersion: String, hasStatus: Bool) {
        self.init(
            schema: schema, apiVersion: apiVersion,
            resetFields: hasStatus ? ["": [["status"]], "status": [["spec"], ["metadata"]]] : [:])
    }

    var shape: FieldShape { FieldShape(node: schema.root) }

    func reset(_ subresource: String) -> FieldSet { FieldSet(paths: resetFields[subresource] ?? []) }

    /// What nobody owns: the identity of the object and what the server says about it.
    static let unowned = FieldSet(
        paths: [["apiVersion"], ["kind"], ["metadata"]]
            + [
                "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation",
                "managedFields", "resourceVersion",
            ].map { ["metadata", $0] })

    static func text(_ time: Date) -> String { time.formatted(Date.ISO8601FormatStyle()) }

    static func withoutManagers(_ object: JSON) -> JSON {
        guard object[path: "metadata", "managedFields"] != nil else { return object }
        var result = object
        result["metadata"]?["managedFields"] = nil
        return result
    }

    static func with(_ managers: FieldManagers, _ object: JSON) -> JSON {
        var result = object
        if let json = managers.json { result["metadata"]?["managedFields"] = json }
        return result
    }
}
