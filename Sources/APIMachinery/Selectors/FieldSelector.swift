public import KubernetesModel

/// Chooses objects by some of their fields: `metadata.name=a,status.phase!=Running`.
public struct FieldSelector: Sendable, Hashable {
    /// - Parameter supported: the keys below the object by the label of the field, beside `metadata.name` and
    ///   `metadata.namespace`: `["status.phase": ["status", "phase"]]`.
    /// - Throws: 400 for a field that is not supported, with the words of Kubernetes.
    public init(parsing text: String, supported: [String: [String]], type: ResourceType) throws(MachineryError) {}

    public func matches(_ object: JSON) -> Bool { true }

    /// The name that alone can match, when the selector says so.
    public var name: String? { nil }
    public var isEmpty: Bool { true }
}
