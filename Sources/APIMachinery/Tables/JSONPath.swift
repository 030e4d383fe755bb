public import KubernetesModel

/// kubectl's JSONPath: `.status.conditions[?(@.type=="Ready")].status`, with or without braces.
public struct JSONPath: Sendable {
    public struct SyntaxError: Error, Sendable, Hashable {
        public var message: String
    }

    public init(parsing text: String) throws(SyntaxError) {}

    /// The values found, in order; none when something on the way is missing.
    public func find(in object: JSON) -> [JSON] { [] }
}
