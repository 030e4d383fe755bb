import KubernetesModel
import Testing

@testable import KubernetesResourcesProtection

@Suite struct ObjectStrippingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var title: String
        var group: String
        var kind: String
        var before: String
        /// The object that is kept, but for its name; nil when it is left out.
        var after: String?
        var reason: ObjectStripping.Reason?
        var keepsVolumeNames = false

        var testDescription: String { title }
    }

    static let cases: [Case] = [
        Case(
            title: "metadata", group: "", kind: "ConfigMap",
            before: """
                metadata: {uid: u, resourceVersion: "1", generation: 3, creationTimestamp: x, selfLink: /s, generateName: n-, finalizers: [a/b],
                  ownerReferences: [{uid: o}], managedFields: [{manager: m}], labels: {a: b}, annotations: {kept: x,
                  kubectl.kubernetes.io/last-applied-configuration: y}}
                data: {a: b}
                status: {x: y}
                """,
            after: "metadata: {labels: {a: b}, annotations: {kept: x}}\ndata: {a: b}"),
        Case(
            title: "being deleted", group: "", kind: "ConfigMap",
            before: "metadata: {deletionTimestamp: \"2026-11-24T00:00:00Z\"}", reason: .isBeingDeleted),
        Case(
            title: "root certificates", group: "", kind: "ConfigMap", before: "metadata: {name: kube-root-ca.crt}",
            reason: .isGenerated),
        Case(
            title: "a token", group: "", kind: "Secret", before: "type: kubernetes.io/service-account-token",
            reason: .isGenerated),
        Case(
            title: "a login", group: "", kind: "Secret", before: "type: Opaque\ndata: {a: Yg==}",
            after: "type: Opaque\ndata: {a: Yg==}"),
        Case(
            title: "allocated addresses", group: "", kind: "Service",
            before: """
                metadata: {managedFields: [{fieldsV1: {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:port": {}}}}}}]}
                spec: {type: NodePort, clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack,
                  ports: [{port: 80, protocol: TCP, nodePort: 31000}]}
                """,
            after: "spec: {type: NodePort, ports: [{port: 80, protocol: TCP}]}"),
        Case(
            title: "addresses that were asked for", group: "", kind: "Service",
            before: """
                metadata: {managedFields: [{fieldsV1: {"f:spec": {"f:clusterIP": {}, "f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:nodePort": {}}}}}}]}
                spec: {clusterIP: 10.0.0.7, ports: [{port: 80, protocol: TCP, nodePort: 31000}, {port: 81, protocol: TCP, nodePort: 31001}]}
                """,
            after:
                "spec: {clusterIP: 10.0.0.7, ports: [{port: 80, protocol: TCP, nodePort: 31000}, {port: 81, protocol: TCP}]}"
        ),
        Case(
            title: "a headless service", group: "", kind: "Service",
            before: "spec: {clusterIP: None, clusterIPs: [None]}",
            after: "spec: {clusterIP: None, clusterIPs: [None]}"),
        Case(
            title: "a claim", group: "", kind: "PersistentVolumeClaim",
            before:
                "metadata: {annotations: {pv.kubernetes.io/bind-completed: 'yes'}}\nspec: {volumeName: pv-1, storageClassName: fast}",
            after: "spec: {storageClassName: fast}"),
        Case(
            title: "a claim with its volume", group: "", kind: "PersistentVolumeClaim",
            before: "spec: {volumeName: pv-1}", after: "spec: {volumeName: pv-1}",
            keepsVolumeNames: true),
        Case(
            title: "a volume", group: "", kind: "PersistentVolume",
            before: "spec: {claimRef: {name: c, namespace: n, uid: u, resourceVersion: '5'}}",
            after: "spec: {claimRef: {name: c, namespace: n}}"),
        Case(
            title: "a namespace", group: "", kind: "Namespace",
            before:
                "metadata: {labels: {kubernetes.io/metadata.name: x}}\nspec: {finalizers: [kubernetes]}\nstatus: {phase: Active}",
            after: "{}"),
        Case(
            title: "an account", group: "", kind: "ServiceAccount",
            before:
                "metadata: {name: x}\nsecrets: [{name: x-token-abc}, {name: own}]\nimagePullSecrets: [{name: x-dockercfg-1}]",
            after: "secrets: [{name: own}]"),
        Case(
            title: "a deployment", group: "apps", kind: "Deployment",
            before:
                "metadata: {annotations: {deployment.kubernetes.io/revision: '4'}}\nspec: {replicas: 2, template: {metadata: {creationTimestamp: null, labels: {a: b}}}}",
            after: "spec: {replicas: 2, template: {metadata: {labels: {a: b}}}}"),
        Case(
            title: "a stateful set", group: "apps", kind: "StatefulSet",
            before:
                "spec: {volumeClaimTemplates: [{metadata: {name: d, creationTimestamp: null}, spec: {}, status: {phase: Pending}}]}",
            after: "spec: {volumeClaimTemplates: [{metadata: {name: d}, spec: {}}]}"),
        Case(
            title: "a job", group: "batch", kind: "Job",
            before: """
                metadata: {labels: {batch.kubernetes.io/controller-uid: u, controller-uid: u, job-name: x, mine: y}}
                spec: {selector: {matchLabels: {batch.kubernetes.io/controller-uid: u}}, template: {metadata: {labels: {controller-uid: u, job-name: x}}, spec: {a: b}}}
                """,
            after: "metadata: {labels: {mine: y}}\nspec: {template: {spec: {a: b}}}"),
        Case(
            title: "a job with its own selector", group: "batch", kind: "Job",
            before: "spec: {manualSelector: true, selector: {matchLabels: {a: b}}}",
            after: "spec: {manualSelector: true, selector: {matchLabels: {a: b}}}"),
        Case(
            title: "a finished job", group: "batch", kind: "Job",
            before: "status: {conditions: [{type: Complete, status: 'True'}]}", reason: .isFinished),
        Case(title: "a finished pod", group: "", kind: "Pod", before: "status: {phase: Failed}", reason: .isFinished),
        Case(
            title: "a mirror pod", group: "", kind: "Pod",
            before: "metadata: {annotations: {kubernetes.io/config.mirror: x}}", reason: .isGenerated),
        Case(
            title: "a pod", group: "", kind: "Pod",
            before: """
                spec: {nodeName: n, priority: 0, preemptionPolicy: x, serviceAccount: a, serviceAccountName: a, volumes: [{name: kube-api-access-x}],
                  containers: [{name: c, volumeMounts: [{name: kube-api-access-x}, {name: own}]}]}
                """,
            after: "spec: {serviceAccountName: a, containers: [{name: c, volumeMounts: [{name: own}]}]}"),
        Case(
            title: "a role of Kubernetes", group: "rbac.authorization.k8s.io", kind: "ClusterRole",
            before: "metadata: {labels: {kubernetes.io/bootstrapping: rbac-defaults}}", reason: .isGenerated),
        Case(
            title: "a custom resource keeps what it means", group: "example.com", kind: "Widget",
            before:
                "spec: {template: {metadata: {creationTimestamp: null}}, volumeName: x, nodeName: y}\nstatus: {a: b}",
            after: "spec: {template: {metadata: {creationTimestamp: null}}, volumeName: x, nodeName: y}"),
    ]

    @Test(arguments: cases)
    func `What somebody wrote is kept, and nothing else`(row: Case) throws {
        func object(_ text: String) throws -> JSON {
            var object = try ManifestYAML.documents(text).first ?? .object([:])
            object["apiVersion"] = .string(row.group.isEmpty ? "v1" : "\(row.group)/v1")
            object["kind"] = .string(row.kind)
            if object[path: "metadata", "name"] == nil {
                var metadata = object["metadata"] ?? .object([:])
                metadata["name"] = "x"
                object["metadata"] = metadata
            }
            return object
        }
        let plural = row.kind.lowercased() + (row.kind.hasSuffix("s") ? "es" : "s")
        let type = ResourceType(
            group: row.group, version: "v1", kind: row.kind, plural: plural,
            namespaced: !["Namespace", "ClusterRole", "PersistentVolume"].contains(row.kind))
        let verdict = ObjectStripping(keepsVolumeNames: row.keepsVolumeNames).verdict(
            try object(row.before), type: type)
        if let after = row.after {
            #expect(verdict == .keep(try object(after)))
        } else {
            #expect(verdict == .leaveOut(try #require(row.reason)))
        }
    }

    @Test func `Objects come in the order in which they need each other`() {
        let kinds = [
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"), ("example.com/v1", "Widget"),
            ("apps/v1", "Deployment"), ("v1", "Service"),
            ("v1", "ConfigMap"), ("v1", "Secret"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("v1", "ServiceAccount"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("v1", "Namespace"),
        ]
        let objects = kinds.map { JSON.object(["apiVersion": .string($0.0), "kind": .string($0.1)]) }
        #expect(ResourceOrder.sorted(objects) == objects.reversed())
    }

    @Test func `A digest does not depend on the order, and is of its key`() {
        func digest(_ texts: [String], key: UInt8 = 1) -> String {
            var digest = ObjectDigest(key: Array(repeating: key, count: 32))
            for text in texts { digest.add(Array(text.utf8)) }
            return digest.text
        }
        #expect(digest(["a", "b", "c"]) == digest(["c", "a", "b"]))
        #expect(digest(["a", "b"]) != digest(["a", "b", "b"]) && digest(["a", "a"]) != digest(["b", "b"]))
        #expect(digest(["a"]) != digest(["a"], key: 2) && digest([]) == String(repeating: "0", count: 64))
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 100_000])
    func `Documents are split wherever the pieces end`(size: Int) {
        let text = "# head\n---\na: 1\n---\nb: |\n  ---\n  x\n---\nc: 3\n"
        var splitter = DocumentSplitter()
        var result: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            result += splitter.add(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(result + [splitter.rest] == ["# head\n", "a: 1\n", "b: |\n  ---\n  x\n", "c: 3\n"])
    }
}
