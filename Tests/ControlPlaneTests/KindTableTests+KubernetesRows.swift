import KubernetesModel

/// The source `kubernetes` and the step `restoreResources`.
extension KindTableTests {
    private static func source(_ fields: JSON) -> [String: JSON?] { ["spec.source": ["kubernetes": fields]] }

    private static func step(_ fields: JSON) -> [String: JSON?] {
        var fields = fields
        fields["policy"] = fields["policy"] ?? "objects"
        return ["spec.phases": [["name": "one", "steps": [["name": "back", "restoreResources": fields]]]]]
    }

    static let kubernetesRows: [Row] = [
        Row(
            .policy, "objects of a few kinds",
            source(["kinds": ["ConfigMap", "deployments.apps", "Widget.example.com"]])),
        Row(
            .policy, "objects with everything set",
            source([
                "kinds": ["*"], "namespaces": ["shop", "shop-db"], "includeSecrets": true, "includeDefinitions": false,
                "labelSelector": [
                    "matchLabels": ["app.kubernetes.io/part-of": "shop", "empty": ""],
                    "matchExpressions": [
                        ["key": "tier", "operator": "In", "values": ["a", "b"]],
                        ["key": "temporary", "operator": "DoesNotExist"],
                    ],
                ],
            ])),
        Row(.policy, "Secrets that are asked for", source(["kinds": ["Secret"], "includeSecrets": true])),
        Row(
            .policy, "Secrets that are not asked for", source(["kinds": ["ConfigMap", "secrets"]]),
            refused: ["spec.source.kubernetes FieldValueInvalid"], says: "includeSecrets: true"),
        Row(
            .policy, "Secrets that are refused", source(["kinds": ["Secret"], "includeSecrets": false]),
            refused: ["spec.source.kubernetes FieldValueInvalid"], says: "includeSecrets: true"),
        Row(.policy, "objects of no kind", source([:]), refused: ["spec.source.kubernetes.kinds FieldValueRequired"]),
        Row(
            .policy, "an empty list of kinds", source(["kinds": []]),
            refused: ["spec.source.kubernetes.kinds FieldValueInvalid"], says: "at least 1 items"),
        Row(
            .policy, "a kind with a slash", source(["kinds": ["apps/Deployment"]]),
            refused: ["spec.source.kubernetes.kinds[0] FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "all namespaces and one", source(["kinds": ["cm"], "namespaces": ["*", "shop"]]),
            refused: ["spec.source.kubernetes.namespaces FieldValueInvalid"], says: "stands alone"),
        Row(
            .policy, "a namespace that climbs", source(["kinds": ["cm"], "namespaces": ["../kube-system"]]),
            refused: ["spec.source.kubernetes.namespaces[0] FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "a label's value that is a query",
            source(["kinds": ["cm"], "labelSelector": ["matchLabels": ["a": "b),c in (d"]]]),
            refused: ["spec.source.kubernetes.labelSelector.matchLabels.a FieldValueInvalid"], says: "should match"),
        Row(
            .policy, "In without values",
            source(["kinds": ["cm"], "labelSelector": ["matchExpressions": [["key": "a", "operator": "In"]]]]),
            refused: ["spec.source.kubernetes.labelSelector.matchExpressions[0] FieldValueInvalid"],
            says: "In and NotIn need values"),
        Row(
            .policy, "Exists with values",
            source([
                "kinds": ["cm"],
                "labelSelector": ["matchExpressions": [["key": "a", "operator": "Exists", "values": ["b"]]]],
            ]),
            refused: ["spec.source.kubernetes.labelSelector.matchExpressions[0] FieldValueInvalid"],
            says: "In and NotIn need values"),
        Row(.plan, "objects that come back", step([:])),
        Row(
            .plan, "objects that come back elsewhere",
            step([
                "to": "LatestVerified", "namespaces": [["from": "shop", "to": "shop-new"], ["from": "db"]],
                "kinds": ["cm"], "conflict": "Skip",
            ])),
        Row(
            .plan, "objects with an unknown rule", step(["conflict": "Replace"]),
            refused: ["spec.phases[0].steps[0].restoreResources.conflict FieldValueNotSupported"]),
        Row(
            .plan, "objects to two places",
            step(["namespaces": [["from": "shop", "to": "a"], ["from": "shop", "to": "b"]]]),
            refused: ["spec.phases[0].steps[0].restoreResources.namespaces[1] FieldValueDuplicate"]),
    ]
}
