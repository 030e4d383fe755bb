public import KubernetesModel

/// In which order objects are created, so that each finds what it needs.
public enum ResourceOrder {
    /// Less comes first. Custom resources come late, since their controllers may need everything else; what steps between
    /// a request and the API server comes last, since until it runs it would refuse the rest.
    public static func rank(group: String, kind: String) -> Int {
        switch (group, kind) {
        case ("", "Namespace"): 0
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): 1
        case ("storage.k8s.io", _), ("scheduling.k8s.io", _), ("node.k8s.io", _), ("networking.k8s.io", "IngressClass"):
            2
        case ("networking.k8s.io", "NetworkPolicy"), ("", "ResourceQuota"), ("", "LimitRange"): 3
        case ("", "ServiceAccount"): 4
        case ("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "Role"): 5
        case ("rbac.authorization.k8s.io", _): 6
        case ("", "Secret"): 7
        case ("", "ConfigMap"): 8
        case ("", "PersistentVolume"): 9
        case ("", "PersistentVolumeClaim"): 10
        case ("", "Service"): 11
        case ("", "Endpoints"), ("discovery.k8s.io", _): 12
        case ("apps", _), ("", "Pod"), ("", "ReplicationController"): 13
        case ("batch", _): 14
        case ("autoscaling", _), ("policy", _), ("networking.k8s.io", _): 15
        case ("apiregistration.k8s.io", _): 18
        case ("admissionregistration.k8s.io", _): 19
        default: isBuiltIn(group) ? 16 : 17
        }
    }

    public static func rank(of object: JSON) -> Int {
        let parts = (object["apiVersion"]?.string ?? "").split(separator: "/")
        return rank(group: parts.count == 2 ? String(parts[0]) : "", kind: object["kind"]?.string ?? "")
    }

    /// The same order for objects of one rank as they came in.
    public static func sorted(_ objects: [JSON]) -> [JSON] {
        objects.enumerated().map { (rank(of: $0.element), $0.offset, $0.element) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    static func isBefore(_ left: ResourceType, _ right: ResourceType) -> Bool {
        (rank(group: left.group, kind: left.kind), left.group, left.plural) < (
            rank(group: right.group, kind: right.kind), right.group, right.plural
        )
    }

    /// Groups of Kubernetes itself; every other is somebody's definition or extension server.
    static func isBuiltIn(_ group: String) -> Bool {
        guard group.contains(".") else {
            return ["", "apps", "autoscaling", "batch", "extensions", "policy"].contains(group)
        }
        return builtIn.contains(group)
    }

    private static let builtIn: Set<String> = [
        "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io",
        "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
    ]
}
