import KubernetesClient
import KubernetesModel
import Testing

@testable import KubernetesResourcesProtection

@Suite struct KindChoiceTests {
    private static func resource(
        _ group: String, _ kind: String, _ plural: String, short: [String] = [], namespaced: Bool = true,
        verbs: Set<String> = ["list", "create", "patch", "get"]
    ) -> APIResource {
        APIResource(
            type: ResourceType(group: group, version: "v1", kind: kind, plural: plural, namespaced: namespaced),
            singular: kind.lowercased(),
            shortNames: short, verbs: verbs)
    }

    private static let catalogue = APICatalogue(resources: [
        resource("", "ConfigMap", "configmaps", short: ["cm"]), resource("", "Secret", "secrets"),
        resource("", "Event", "events", short: ["ev"]),
        resource("", "Namespace", "namespaces", short: ["ns"], namespaced: false), resource("", "Pod", "pods"),
        resource("apps", "Deployment", "deployments", short: ["deploy"]),
        resource("events.k8s.io", "Event", "events", short: ["ev"]),
        resource("networking.k8s.io", "NetworkPolicy", "networkpolicies", short: ["netpol"]),
        resource("crd.example.org", "NetworkPolicy", "networkpolicies"), resource("a.example.com", "Widget", "widgets"),
        resource("b.example.com", "Widget", "widgets"),
        resource("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", namespaced: false),
        resource("metrics.k8s.io", "PodMetrics", "pods", verbs: ["get", "list"]),
        resource("dr.hotswap.io", "RecoveryRun", "recoveryruns", short: ["rr"]),
        resource("dr.hotswap.io", "BackupPolicy", "backuppolicies", short: ["bp"]),
        resource("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", verbs: ["create"]),
    ])

    private static func choose(
        _ kinds: [String], secrets: Bool = false, reach: ResourceReach = .ownNamespace, namespaces: [String]? = nil,
        catalogue: APICatalogue = catalogue
    ) throws -> [String] {
        let selection = try ResourceSelection(
            policyNamespace: "shop", reach: reach, namespaces: namespaces, kinds: kinds, includeSecrets: secrets)
        return try KindChoice.choose(selection, from: catalogue).map(\.type.groupResource)
    }

    @Test(arguments: [
        (["ConfigMap"], ["configmaps"]), (["cm", "configmaps", "configmap"], ["configmaps"]),
        (["deploy"], ["deployments.apps"]),
        (["Deployment.apps", "CM"], ["configmaps", "deployments.apps"]), (["ev"], ["events"]),
        (["events.events.k8s.io"], ["events.events.k8s.io"]),
        (["netpol"], ["networkpolicies.networking.k8s.io"]),
        (["NetworkPolicy.crd.example.org"], ["networkpolicies.crd.example.org"]),
        (["NetworkPolicy"], ["networkpolicies.networking.k8s.io"]),
        (["widgets.b.example.com"], ["widgets.b.example.com"]), (["pods"], ["pods"]),
        (
            ["*"],
            [
                "configmaps", "pods", "deployments.apps", "networkpolicies.networking.k8s.io", "widgets.a.example.com",
                "widgets.b.example.com",
                "networkpolicies.crd.example.org", "backuppolicies.dr.hotswap.io",
            ]
        ),
    ])
    func `A word means what it means to kubectl`(kinds: [String], expected: [String]) throws {
        let chosen = try Self.choose(kinds)
        #expect(Set(chosen) == Set(expected) && chosen.count == expected.count)
    }

    @Test(arguments: [
        ("confgmap", ResourcesError.Code.unknownKind, "is configmaps meant?"),
        ("deployments.app", .unknownKind, "deployments.apps"),
        ("Widget", .unknownKind, "write it with its group"), ("Unicorn", .unknownKind, "kubectl api-resources"),
        ("Secret", .invalid, "includeSecrets"),
        ("ClusterRole", .outOfReach, "--cross-namespace-from"), ("ns", .outOfReach, "--cross-namespace-from"),
        ("RecoveryRun", .invalid, "leave"),
        ("pods.metrics.k8s.io", .invalid, "leave it out"), ("subjectaccessreviews", .invalid, "leave it out"),
    ])
    func `A word that means nothing, or too much, is refused with the field and the mend`(
        word: String, code: ResourcesError.Code, mend: String
    ) {
        let error = #expect(throws: ResourcesError.self) { try Self.choose(["cm", word]) }
        #expect(error?.code == code)
        #expect(error?.field == "spec.source.kubernetes.kinds[1]")
        #expect(error?.description.contains(mend) == true, "\(error?.description ?? "")")
    }

    @Test func `Secrets come when asked for, and what is of the cluster where the namespace reaches it`() throws {
        #expect(try Self.choose(["*"], secrets: true).contains("secrets"))
        #expect(try Self.choose(["cm"], reach: .everything(for: ["shop"])) == ["namespaces", "configmaps"])
        #expect(
            try Self.choose(["*"], reach: .everythingForAll, namespaces: ["*"]).contains(
                "clusterroles.rbac.authorization.k8s.io"))
        #expect(
            try !Self.choose(["*"], reach: .everythingForAll, namespaces: ["a", "b"]).contains(
                "clusterroles.rbac.authorization.k8s.io"))
        for (reach, namespaces) in [
            (ResourceReach.ownNamespace, ["kube-system"]), (.everything(for: ["other"]), ["*"]),
            (.ownNamespace, ["shop", "other"]),
        ] {
            let error = #expect(throws: ResourcesError.self) {
                try Self.choose(["cm"], reach: reach, namespaces: namespaces)
            }
            #expect(error?.code == .outOfReach && error?.field == "spec.source.kubernetes.namespaces")
        }
        #expect(try Self.choose(["cm"], namespaces: ["shop"]) == ["configmaps"])
    }

    @Test func `Every kind is not every kind while a group does not answer`() {
        var catalogue = Self.catalogue
        catalogue.silent = ["metrics.k8s.io/v1beta1"]
        #expect(throws: Never.self) { try Self.choose(["*"], catalogue: catalogue) }
        catalogue.silent.append("wares.example.com/v1")
        let error = #expect(throws: ResourcesError.self) { try Self.choose(["*"], catalogue: catalogue) }
        #expect(error?.code == .unreachable && error?.isRetriable == true)
        #expect(throws: Never.self) { try Self.choose(["cm"], catalogue: catalogue) }
    }

    @Test(arguments: [
        (LabelQuery(matchLabels: ["a": "b"]), "a in (b)", ["a": "b"], true),
        (LabelQuery(matchLabels: ["a": "b"]), "a in (b)", ["a": "c"], false),
        (
            LabelQuery(matchExpressions: [.init(key: "x.io/a", operator: .notIn, values: ["b", "c"])]),
            "x.io/a notin (b,c)", [:], true
        ),
        (
            LabelQuery(matchExpressions: [.init(key: "a", operator: .exists), .init(key: "b", operator: .doesNotExist)]
            ), "a,!b", ["a": ""], true
        ),
    ])
    func `A label query says the same here and to the server`(
        query: LabelQuery, text: String, labels: [String: String], matches: Bool
    ) {
        #expect(query.text == text && query.matches(labels) == matches && query.complaint == nil)
    }

    @Test(arguments: [
        LabelQuery(matchLabels: ["a,b": "c"]), LabelQuery(matchLabels: ["a": "b),c in (d"]),
        LabelQuery(matchLabels: ["": "b"]),
        LabelQuery(matchLabels: ["a/b/c": "d"]), LabelQuery(matchExpressions: [.init(key: "a", operator: .isIn)]),
        LabelQuery(matchExpressions: [.init(key: "a", operator: .exists, values: ["b"])]),
    ])
    func `What would be another query than it says is refused`(query: LabelQuery) {
        #expect(query.complaint != nil)
        #expect(throws: ResourcesError.self) {
            try ResourceSelection(
                policyNamespace: "shop", reach: .ownNamespace, namespaces: nil, kinds: ["cm"], labels: query)
        }
    }
}
