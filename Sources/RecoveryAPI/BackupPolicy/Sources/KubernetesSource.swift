public import KubernetesModel

/// Objects of the cluster that the operator runs in.
public struct KubernetesSource: Codable, Sendable, Hashable {
    /// The policy's own when absent; `*` alone for all.
    public var namespaces: [String]?
    /// As kubectl takes them: `ConfigMap`, `deployments.apps`; `*` for every kind that people write.
    public var kinds: [String]
    public var labelSelector: LabelQuery?
    public var includeSecrets: Bool?
    /// Stores the definitions of custom resources too.
    public var includeDefinitions: Bool?

    public init(
        namespaces: [String]? = nil, kinds: [String], labelSelector: LabelQuery? = nil, includeSecrets: Bool? = nil,
        includeDefinitions: Bool? = nil
    ) {
        self.namespaces = namespaces
        self.kinds = kinds
        self.labelSelector = labelSelector
        self.includeSecrets = includeSecrets
        self.includeDefinitions = includeDefinitions
    }

    /// `kubernetes/ConfigMap,deployments.apps`.
    var summary: String {
        let places = namespaces.map { $0.joined(separator: ",") + "/" } ?? ""
        return "kubernetes/\(places)\(kinds.joined(separator: ","))"
    }
}

extension KubernetesSource {
    static let schema = Schema.object(
        "Objects of the cluster that the operator runs in, as YAML without what the server and the controllers added.",
        [
            "namespaces": .atomicList(
                "Where they are; the policy's own namespace when absent. Others, and * for all, only where the operator's --cross-namespace-from names the policy's namespace.",
                maxItems: 64,
                .string("A namespace, or *.", pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?|\\*)$", maxLength: 63)
            ).minItems(1).rule(
                "self.size() == 1 || !self.exists(n, n == '*')", "namespaces: * stands alone: it means all of them"),
            "kinds": .kinds(
                "Which kinds, as kubectl takes them: ConfigMap, deployments.apps; * for every kind that people write, but Secrets."
            ).required,
            "labelSelector": .labelQuery("Only objects with these labels."),
            "includeSecrets": .boolean("Stores Secrets too, encrypted as everything is. Not without asking for it."),
            "includeDefinitions": .boolean("Stores the definitions of the chosen custom resources too."),
        ]
    ).rule(
        "!self.kinds.exists(k, k.matches('^[sS]ecrets?$')) || (has(self.includeSecrets) && self.includeSecrets)",
        "kinds: Secrets are stored only with includeSecrets: true")
}

extension Schema {
    static func kinds(_ description: String) -> Schema {
        atomicList(
            description, maxItems: 64,
            string(
                "A kind: ConfigMap, deployments.apps.",
                pattern: "^([A-Za-z][A-Za-z0-9-]*(\\.[a-z0-9]([-a-z0-9.]*[a-z0-9])?)?|\\*)$", maxLength: 317)
        ).minItems(1)
    }

    /// `metav1.LabelSelector`.
    static func labelQuery(_ description: String) -> Schema {
        let key = string(
            "The label's key.", pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
            maxLength: 317)
        let value = string(
            "The label's value.", pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", minLength: nil,
            maxLength: 63)
        return object(
            description,
            [
                "matchLabels": map("Labels that an object must have.", value, maxProperties: 32),
                "matchExpressions": atomicList(
                    "Rules for labels. All must hold.", maxItems: 32,
                    object(
                        "One rule.",
                        [
                            "key": key.required,
                            "operator": enumeration(
                                "In and NotIn take values, Exists and DoesNotExist none.",
                                LabelQuery.Operator.allCases.map(\.rawValue)
                            ).required,
                            "values": atomicList("Values.", maxItems: 64, value),
                        ]
                    ).rule(
                        "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
                        "In and NotIn need values, Exists and DoesNotExist take none")),
            ])
    }
}
