/// Where a kind lives in the API: `apps/v1`, `Deployment`, `deployments`.
public struct ResourceType: Sendable, Hashable, Codable {
    /// Empty for the core group.
    public var group: String
    public var version: String
    public var kind: String
    /// The plural, lowercase name in the URL.
    public var plural: String
    public var namespaced: Bool

    public init(group: String, version: String, kind: String, plural: String, namespaced: Bool = true) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.namespaced = namespaced
    }

    /// `v1`, or `apps/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `deployments.apps`, as error messages name it; `configmaps` in the core group.
    public var groupResource: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

/// A typed Kubernetes object.
public protocol KubernetesResource: Codable, Sendable, Hashable {
    static var resourceType: ResourceType { get }
    var apiVersion: String { get set }
    var kind: String { get set }
    var metadata: ObjectMeta { get set }
}

extension KubernetesResource {
    public var name: String { metadata.name ?? "" }
    public var namespace: String { metadata.namespace ?? "" }
    public var reference: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    public var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }
}

/// Namespace and name: what a work queue holds and a cache is keyed by. `namespace` is empty for cluster-wide kinds.
public struct ObjectKey: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public var namespace: String
    public var name: String

    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}

/// An object whose kind is known only at run time.
public struct UnstructuredObject: Sendable, Hashable, Codable {
    public var content: JSON

    public init(_ content: JSON) { self.content = content }
    public init(from decoder: any Decoder) throws { content = try JSON(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }

    public var apiVersion: String { content["apiVersion"]?.string ?? "" }
    public var kind: String { content["kind"]?.string ?? "" }
    public var name: String { content[path: "metadata", "name"]?.string ?? "" }
    public var namespace: String { content[path: "metadata", "namespace"]?.string ?? "" }
    public var uid: String { content[path: "metadata", "uid"]?.string ?? "" }
    public var resourceVersion: String { content[path: "metadata", "resourceVersion"]?.string ?? "" }
    public var generation: Int64 { content[path: "metadata", "generation"]?.integer ?? 0 }
}
