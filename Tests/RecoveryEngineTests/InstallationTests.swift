import Foundation
import KubernetesModel
import KubernetesResourcesProtection
import RecoveryAPI
import Testing

/// What `manifests/default` must give the operator and the people.
@Suite struct InstallationTests {
    private static func documents(_ file: String) throws -> [JSON] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../manifests/default")
            .standardized
        return try ManifestYAML.documents(String(contentsOf: folder.appending(path: file), encoding: .utf8))
    }

    @Test(
        "Who may edit a namespace may use every verb of people there, who may view it those that read",
        arguments: [
            ("status", "get list", "backuppolicies recoveryplans", true),
            ("backup", "get", "backuppolicies backups", true), ("backup", "create", "backups", false),
            ("verify", "get list", "backuppolicies backups", true), ("verify", "patch", "backups", false),
            ("recover", "get", "recoveryplans recoveryruns", true), ("recover", "create", "recoveryruns", false),
            ("abort", "get", "recoveryruns", true), ("abort", "patch", "recoveryruns", false),
            ("catalog", "get", "backupstores", true),
            // What GitOps tools apply and prune.
            ("apply", "create patch delete", "backupstores backuppolicies recoveryplans", false),
        ] as [(String, String, String, Bool)])
    func people(command: String, verbs: String, resources: String, isReading: Bool) throws {
        let roles = try Self.documents("rbac.yaml").filter { $0["kind"]?.string == "ClusterRole" }
        for (group, isEnough) in [("view", isReading), ("edit", true), ("admin", true)] {
            let rules = roles.filter {
                $0["metadata"]?["labels"]?["rbac.authorization.k8s.io/aggregate-to-\(group)"]?.string == "true"
            }
            .flatMap { $0["rules"]?.array ?? [] }
            let lacks = verbs.split(separator: " ").flatMap { verb in
                resources.split(separator: " ").filter { resource in
                    !rules.contains { rule in
                        (rule["resources"]?.array ?? []).contains(.string(String(resource)))
                            && (rule["verbs"]?.array ?? []).contains(.string(String(verb)))
                    }
                }.map { "\(verb) \($0)" }
            }
            #expect(lacks.isEmpty == isEnough, "dr \(command) for \(group): \(lacks)")
        }
    }

    @Test("The operator's pod has room for mirrors, scratch servers and large objects, and a token for Vault")
    func room() throws {
        let deployment = try #require(try Self.documents("deployment.yaml").first)
        let pod = try #require(deployment["spec"]?["template"]?["spec"])
        let container = try #require(pod["containers"]?[0])
        let volumes = pod["volumes"]?.array ?? []
        func mount(of path: String) -> (path: String, volume: JSON)? {
            for mount in container["volumeMounts"]?.array ?? [] {
                guard let folder = mount["mountPath"]?.string, path == folder || path.hasPrefix(folder + "/") else {
                    continue
                }
                guard let volume = volumes.first(where: { $0["name"] == mount["name"] }) else { continue }
                return (folder, volume)
            }
            return nil
        }
        let cache = try #require(
            (container["env"]?.array ?? []).first { $0["name"]?.string == "DR_CACHE" }?["value"]?.string)
        let place = try #require(mount(of: cache))
        // The volume itself is root's, and dr refuses a cache that is not its own.
        #expect(cache != place.path)
        for volume in [place.volume, try #require(mount(of: "/tmp")).volume] {
            let empty = try #require(volume["emptyDir"])
            #expect(empty["sizeLimit"] == nil && empty["medium"] == nil, "\(volume)")
        }
        let token = try #require(mount(of: VaultSource.KubernetesAuth.folder)).volume[path: "projected", "sources"]?[0]
        #expect(token?["serviceAccountToken"]?["path"]?.string == "token")
        #expect(token?["serviceAccountToken"]?["audience"]?.string == "vault")
    }
}
