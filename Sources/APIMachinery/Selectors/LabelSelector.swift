public import KubernetesModel

/// Chooses objects by their labels.
public struct LabelSelector: Sendable, Hashable {
    /// `app=web,tier!=gold,env in (a,b),!canary`.
    /// - Throws: 400 with the words of Kubernetes.
    public init(parsing text: String) throws(MachineryError) {}

    /// `{"matchLabels": …, "matchExpressions": …}`. Of nil nothing matches; of `{}` everything.
    public init(_ selector: JSON?) {}

    public func matches(_ labels: [String: String]) -> Bool { true }

    /// - Parameter labels: `metadata.labels`; nil for none.
    public func matches(labels: JSON?) -> Bool { true }

    public var isEmpty: Bool { true }
}
