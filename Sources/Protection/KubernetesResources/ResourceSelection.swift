public import KubernetesModel

/// Which objects a policy protects.
public struct ResourceSelection: Sendable, Hashable {
    /// Nil for all of the cluster.
    public var namespaces: [String]?
    /// `ConfigMap`, `deployments.apps`; `*` for every kind.
    public var kinds: [String]
    public var labels: LabelQuery?
    public var includeSecrets: Bool
    /// Whether the definitions of custom resources are stored too.
    public var includeDefinitions: Bool
    /// Whether objects of the cluster itself, and the Namespace objects, are within reach.
    public var reachesCluster: Bool

    /// - Throws: ``ResourcesError`` when the namespace may not ask for that.
    public init(
        policyNamespace: String, reach: ResourceReach, namespaces: [String]?, kinds: [String],
        labels: LabelQuery? = nil,
        includeSecrets: Bool = false, includeDefinitions: Bool = false
    ) throws {
        let wanted = namespaces ?? [policyNamespace]
        reachesCluster = reach.reachesEverything(from: policyNamespace)
        if !reachesCluster, let other = wanted.first(where: { $0 != policyNamespace }) {
            throw ResourcesError(
                .outOfReach,
                "a policy of the namespace \"\(policyNamespace)\" may not read \(other == "*" ? "all namespaces" : "the namespace \"\(other)\"")",
                field: "spec.source.kubernetes.namespaces", mend: ResourceReach.mend)
        }
        if let complaint = labels?.complaint {
            throw ResourcesError(.invalid, complaint, field: "spec.source.kubernetes.labelSelector", mend: "correct it")
        }
        self.namespaces = wanted.contains("*") ? nil : Array(Set(wanted)).sorted()
        self.kinds = kinds
        self.labels = labels
        self.includeSecrets = includeSecrets
        self.includeDefinitions = includeDefinitions
    }
}
