import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import Testing

@Suite struct ResourcesBackupTests {
    @Test(arguments: Server.all)
    func `What was chosen is in the artifact, in the order in which it can be created, and nothing that a server added`(
        server: Server
    ) async throws {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop", labels: "{team: a}")
            try await cluster.apply(Self.manifests(shop))
            try await cluster.create(Self.odd, "odd", in: shop)
            // The embedded server has fewer kinds.
            let isReal = server == .real
            let more = isReal ? ["Role.rbac.authorization.k8s.io", "svc", "pvc"] : []
            if isReal { try await cluster.apply(Self.furtherManifests(shop)) }
            let system = try cluster.system(
                shop, kinds: ["Deployment", "configmaps", "serviceaccount"] + more, secrets: true)
            let manifest = try await cluster.backUp(system)
            let documents = try await cluster.documents(manifest)
            let kinds = documents.compactMap { $0["kind"]?.string }
            var last = ""
            let order = kinds.filter { kind in
                defer { last = kind }; return kind != last
            }
            #expect(
                order
                    == (isReal
                        ? [
                            "Namespace", "ServiceAccount", "Role", "Secret", "ConfigMap", "PersistentVolumeClaim",
                            "Service", "Deployment",
                        ]
                        : ["Namespace", "ServiceAccount", "Secret", "ConfigMap", "Deployment"]))
            for document in documents {
                let fields = Set((document["metadata"]?.object ?? [:]).keys)
                #expect(fields.isSubset(of: ["name", "namespace", "labels", "annotations"]))
                #expect(document["status"] == nil)
            }
            func find(_ kind: String, _ name: String) -> JSON? {
                documents.first { $0["kind"]?.string == kind && $0[path: "metadata", "name"]?.string == name }
            }
            let map = try #require(find("ConfigMap", "odd"))
            #expect(map["data"] == JSON.object(Self.odd.mapValues(JSON.string)))
            if isReal {
                #expect(find("Service", "api")?[path: "spec", "clusterIP"] == nil)
                #expect(find("Service", "headless")?[path: "spec", "clusterIP"]?.string == "None")
            }
            #expect(find("ConfigMap", "kube-root-ca.crt") == nil)
            #expect(find("Namespace", shop)?[path: "metadata", "labels", "team"]?.string == "a")
            #expect(manifest.record.counts["objects"] == Int64(documents.count))
            #expect(manifest.record.warnings.isEmpty)
            let report = try await cluster.verify(manifest, system)
            #expect(report.checks.map(\.name) == ["documents", "objects", "dry-run"])
            #expect(report.checks[2].message == "the API server accepted \(documents.count) objects in a dry run")
        }
    }

    static let odd = [
        "plain": "word", "empty": "", "yes": "no", "number": "0123", "multi": "first\n  second\n\n\tthird\n",
        "no-end": "a\nb", "many": "a\n\n\n",
        "space": " leading\nand\n", "line": "a\u{2028}b\u{85}c\u{FEFF}d\u{7F}e", "return": "a\r\nb\r\n",
        "quote": "it's \"so\" \\ $(x) `y` #z: ---",
        "dashes": "---\nkind: Trap\n---\n", "unicode": "Grüße 🚀 日本", "colon": "a: b", "tilde": "~",
        "time": "2026-11-24T00:00:00Z",
    ]

    static func manifests(_ namespace: String) -> String {
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: login, namespace: \(namespace), finalizers: [example.com/kept]}
        stringData: {password: hunter2}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: api, namespace: \(namespace)}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api, namespace: \(namespace), labels: {app: api}}
        spec:
          replicas: 1
          selector: {matchLabels: {app: api}}
          template:
            metadata: {labels: {app: api}}
            spec: {containers: [{name: api, image: "registry.invalid/api:1"}]}
        """
    }

    static func furtherManifests(_ namespace: String) -> String {
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: \(namespace)}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: api, namespace: \(namespace)}
        spec: {selector: {app: api}, ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: headless, namespace: \(namespace)}
        spec: {clusterIP: None, selector: {app: api}, ports: [{port: 80}]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader, namespace: \(namespace)}
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
    }

    @Test(arguments: Server.all)
    func `Labels, namespaces and asking for Secrets choose, and everything has its page`(server: Server) async throws {
        try await Cluster.with(server) { cluster in
            let one = try await cluster.namespace("one")
            let two = try await cluster.namespace("two")
            for namespace in [one, two] {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<230 {
                        group.addTask {
                            let metadata = ObjectMeta(
                                name: "map-\(index)", namespace: namespace, labels: ["half": "\(index % 2)"])
                            _ = try await cluster.client.create(
                                ConfigMap(metadata: metadata, data: ["index": "\(index)"]))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let query = LabelQuery(
                matchLabels: ["half": "0"], matchExpressions: [.init(key: "other", operator: .doesNotExist)])
            let half = try await cluster.backUp(try cluster.system(one, kinds: ["ConfigMap"], labels: query), "b1")
            #expect(half.record.counts["objects"] == 116, "115 and the Namespace")
            let both = try await cluster.backUp(
                try cluster.system(
                    one, kinds: ["ConfigMap"], namespaces: [two, one],
                    labels: LabelQuery(matchExpressions: [.init(key: "half", operator: .exists)])), "b2")
            #expect(both.record.counts["objects"] == 462)
            let documents = try await cluster.documents(both)
            #expect(Set(documents.compactMap { $0[path: "metadata", "namespace"]?.string }) == [one, two])
            let everything = try await cluster.backUp(try cluster.system(one, kinds: ["*"]), "b3")
            let kinds = Set(try await cluster.documents(everything).compactMap { $0["kind"]?.string })
            #expect(
                kinds.isSuperset(of: ["Namespace", "ConfigMap"])
                    && kinds.isDisjoint(with: ["Secret", "Event", "Endpoints", "Lease"]))
        }
    }

    @Test(arguments: Server.all)
    func `What its owner makes again is left out, and what has an owner elsewhere is told of`(server: Server)
        async throws
    {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop")
            func owned(_ name: String, by owner: (kind: String, name: String, uid: String), kind: String = "ConfigMap")
                -> String
            {
                """
                apiVersion: v1
                kind: \(kind)
                metadata:
                  name: \(name)
                  namespace: \(shop)
                  ownerReferences: [{apiVersion: v1, kind: \(owner.kind), name: \(owner.name), uid: \(owner.uid), controller: true}]
                """
            }
            let maps = ResourceType(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
            let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
            try await cluster.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owner, namespace: \(shop)}\n")
            try await cluster.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: elsewhere, namespace: \(shop)}\n")
            let owner = try await cluster.client.get(maps, "owner", namespace: shop).uid
            let other = try await cluster.client.get(secrets, "elsewhere", namespace: shop).uid
            try await cluster.apply(owned("child", by: ("ConfigMap", "owner", owner)))
            let child = try await cluster.client.get(maps, "child", namespace: shop).uid
            try await cluster.apply(owned("grandchild", by: ("ConfigMap", "child", child)))
            try await cluster.apply(owned("orphan", by: ("Secret", "elsewhere", other)))
            let manifest = try await cluster.backUp(
                try cluster.system(shop, kinds: ["ConfigMap"], labels: nil, reach: .ownNamespace))
            let names = try await cluster.documents(manifest).compactMap { $0[path: "metadata", "name"]?.string }
            #expect(names == ["orphan", "owner"])
            #expect(manifest.record.warnings.count == 1 && manifest.record.warnings[0].contains("configmaps/orphan"))
            // On a real cluster controllers publish certificates into every namespace.
            let leftOut = try #require(manifest.record.counts["left out"])
            #expect(server == .embedded ? leftOut == 2 : leftOut > 2)
        }
    }

    @Test func `An old backup's YAML is not what a reader takes for another object`() async throws {
        let object: JSON = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "x"],
            "data": .object(Self.odd.mapValues(JSON.string)),
            "list": [
                [], [:], [1, [2, ["a": ["b": nil]]]], ["x": [["y": 1.5e300, "z": -7]], "w": ["p\nq"]], "last\n",
            ],
            "k": [.string(String(repeating: "long ", count: 500))],
        ]
        var wide = object
        wide[String(repeating: "key", count: 500)] = ["nested": ["a\nb\n", "true"]]
        for value in [object, wide] {
            #expect(try ManifestYAML.documents(YAMLText.document(value)) == [value])
        }
    }
}
