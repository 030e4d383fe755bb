import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import ScriptedAPIServer
import Testing

/// What an operator may and may not do with the roles that the project ships. Only where `DR_TEST_KUBECONFIG` names a cluster
/// with RBAC, which gets these ClusterRoles.
@Suite(.enabled(if: Server.all.contains(.real))) struct RightsTests {
    @Test
    func `Without a binding the operator reads and writes nothing, and each error names the role that is missing`()
        async throws
    {
        try await Cluster.with(.real) { cluster in
            let shop = try await cluster.namespace("shop")
            try await cluster.create(["a": "b"], "map", in: shop)
            try await cluster.apply(ResourcesBackupTests.furtherManifests(shop))
            try await cluster.apply(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: \(shop)}\nstringData: {a: b}\n")
            let roles = URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../manifests/default/resources.yaml"
            ).standardized
            try await cluster.apply(try String(contentsOf: roles, encoding: .utf8))
            try await cluster.kubectl(
                "-n", shop, "create", "role", "see-namespace", "--verb=get", "--resource=namespaces")
            func bind(_ kind: String, _ name: String) async throws {
                try await cluster.kubectl(
                    "-n", shop, "create", "rolebinding", "bind-\(name)", "--\(kind)=\(name)",
                    "--serviceaccount=\(shop):operator")
            }
            try await bind("role", "see-namespace")
            let whole = cluster
            try await cluster.acting(as: "system:serviceaccount:\(shop):operator") { operatorClient in
                let cluster = whole.with(operatorClient)
                func system(_ kinds: [String], secrets: Bool = false) throws -> ResourcesSystem {
                    try cluster.system(shop, kinds: kinds, secrets: secrets, reach: .ownNamespace)
                }
                func refusal(_ body: () async throws -> Void) async -> ResourcesError? {
                    do { try await body() } catch let error as ResourcesError { return error } catch {
                        Issue.record(error)
                    }
                    return nil
                }

                let blind = await refusal { _ = try await cluster.backUp(try system(["ConfigMap"])) }
                #expect(blind?.code == .forbidden && blind?.mend?.contains("dr-resources") == true)
                try await bind("clusterrole", "dr-resources")
                let manifest = try await cluster.retrying {
                    try await cluster.backUp(try system(["ConfigMap", "Role", "svc"]))
                }
                let secret = await refusal {
                    _ = try await cluster.backUp(try system(["ConfigMap"], secrets: true), "b2")
                }
                #expect(secret?.code == .forbidden && secret?.message.contains("secrets") == true)
                #expect(secret?.mend?.contains("dr-resources-secrets") == true)

                let report = try await cluster.verify(manifest, try system(["ConfigMap"]))
                #expect(report.checks[2].message.contains("accepted 0 objects"))
                #expect(report.checks[2].message.contains("the operator may not write them"))
                try await whole.kubectl("-n", shop, "delete", "configmap/map", "role/reader")
                let mute = await refusal { try await cluster.restore(manifest, shop, reach: .ownNamespace) }
                #expect(mute?.code == .forbidden && mute?.mend?.contains("dr-resources-restore") == true)
                #expect(try await whole.data("map", in: shop) == nil)

                try await bind("clusterrole", "dr-resources-restore")
                // The Role grants what the operator has itself; another one would not.
                _ = try await cluster.retrying { try await cluster.restore(manifest, shop, reach: .ownNamespace) }
                #expect(try await whole.data("map", in: shop) == ["a": "b"])
                let role =
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: \(shop)}\n"
                try await whole.kubectl("-n", shop, "delete", "role/reader")
                try await whole.apply(role + "rules: [{apiGroups: [''], resources: [configmaps], verbs: [delete]}]\n")
                let strong = try await cluster.backUp(try system(["Role"]), "b3")
                try await whole.kubectl("-n", shop, "delete", "role/reader")
                let escalation = await refusal { try await cluster.restore(strong, shop, reach: .ownNamespace) }
                #expect(
                    escalation?.code == .forbidden && escalation?.mend?.contains("escalate") == true,
                    "\(String(describing: escalation))")
                try await bind("clusterrole", "dr-resources-roles")
                let granted = try await cluster.retrying {
                    try await cluster.restore(strong, shop, reach: .ownNamespace)
                }
                #expect(granted.created == 1)
            }
        }
    }
}

extension Cluster {
    /// The same server, store and key with another client.
    func with(_ other: KubernetesClient) -> Cluster {
        Cluster(
            server: server, client: other, kubeconfig: kubeconfig, folder: folder, store: store, identity: identity,
            mark: mark)
    }

    func acting(as user: String, _ body: (KubernetesClient) async throws -> Void) async throws {
        var configuration = try JSON(parsing: try await kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
        let users = (configuration["users"]?.array ?? []).map { entry in
            var entry = entry
            entry["user"]?["as"] = .string(user)
            return entry
        }
        configuration["users"] = .array(users)
        let file = folder.appending(path: "acting")
        try configuration.serialized().write(to: file)
        let client = try KubernetesClient(
            configuration: ClusterConfiguration.load(files: [file.path]), rate: 1000, burst: 1000, logger: quiet)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(client)) } catch { outcome = .failure(error) }
        await client.shutdown()
        try outcome.get()
    }

    /// A binding is seen by the authorizer a moment after it was made.
    func retrying<R>(_ body: () async throws -> R) async throws -> R {
        for _ in 0..<100 {
            do { return try await body() } catch let error as ResourcesError where error.code == .forbidden {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return try await body()
    }
}
