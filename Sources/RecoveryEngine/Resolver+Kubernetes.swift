import KubernetesClient
public import KubernetesResourcesProtection
public import RecoveryAPI

extension Resolver {
    /// The objects that a policy means, as far as its namespace reaches.
    public func resources(_ source: KubernetesSource, namespace: String) throws -> ResourcesSystem {
        ResourcesSystem(
            client: client,
            selection: try ResourceSelection(
                policyNamespace: namespace, reach: reach, namespaces: source.namespaces, kinds: source.kinds,
                labels: source.labelSelector,
                includeSecrets: source.includeSecrets ?? false, includeDefinitions: source.includeDefinitions ?? false),
            namespace: namespace)
    }
}
