import BackupArchive
import Cryptography
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import ObjectStore
import ScriptedAPIServer
import Testing

/// API servers that answer what no real one can be made to answer when a test wants it.
@Suite struct BadServerTests {
    private static let lists = "GET /api/v1/namespaces/shop/configmaps?"

    private static let discovery: [JSON] = [
        rule("GET /version", #"{"gitVersion": "v1.30.0"}"#),
        rule("GET /apis", #"{"kind": "APIGroupList", "groups": []}"#),
        rule(
            "GET /api/v1/namespaces/shop", #"{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}}"#),
        rule(
            "GET /api/v1",
            #"{"kind": "APIResourceList", "resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": true, "verbs": ["list", "create", "patch"]}]}"#
        ),
    ]

    private static func rule(
        _ match: String, _ body: String, contains: String = "", status: Int64 = 200, times: Int64? = nil
    ) -> JSON {
        var rule: JSON = [
            "match": .string(match), "body": .string(body), "contains": .string(contains), "status": .integer(status),
        ]
        rule["times"] = times.map(JSON.integer)
        return rule
    }

    private static func list(_ names: [String], version: String, next: String? = nil) -> String {
        Texts.list(
            names.map { Texts.configMap($0, version: version, data: ["of": version]) }, version: version, next: next
        ).string ?? ""
    }

    private func backUp(
        _ rules: [JSON], configuration: ClusterConfiguration? = nil
    ) async throws -> (manifest: Manifest, documents: [JSON], lines: [String]) {
        try await withScriptedAPIServer(rules + Self.discovery) { server in
            try await server.withClient(configuration) { client in
                let folder = server.folder.appending(path: "store")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                let store = FilesystemStore(root: folder.path)
                let identity = try AgeIdentity.generate()
                let system = ResourcesSystem(
                    client: client,
                    selection: try ResourceSelection(
                        policyNamespace: "shop", reach: .ownNamespace, namespaces: nil, kinds: ["ConfigMap"]),
                    namespace: "shop")
                let writer = try BackupWriter(
                    store: store, recipients: [identity.recipient], namespace: "shop", policy: "p", backup: "b")
                let record = try await system.backUp(after: nil, into: writer, progress: { _ in })
                let manifest = try await writer.complete(
                    record, kind: ResourcesSystem.kind, source: "x", startedAt: Date(), finishedAt: Date(),
                    writer: "test")
                let text = try await BackupReader(store: store, identities: [identity]).bytes(manifest.artifacts[0])
                return (
                    manifest, try ManifestYAML.documents(String(decoding: text, as: UTF8.self)),
                    try await server.lines()
                )
            }
        }
    }

    @Test func `A list that expires is begun again, and nothing is stitched together from two versions`() async throws {
        let found = try await backUp([
            Self.rule(Self.lists, Self.list(["a", "c", "d"], version: "20"), contains: "limit=5000"),
            Self.rule(Self.lists, Texts.status("Expired", 410).text, contains: "continue=more", status: 410),
            Self.rule(Self.lists, Self.list(["a", "b"], version: "10", next: "more"), contains: "limit=100"),
            // The owners' metadata.
            Self.rule(Self.lists, Self.list(["a", "b", "c", "d"], version: "9")),
        ])
        #expect(found.documents.compactMap { $0[path: "metadata", "name"]?.string } == ["a", "c", "d"])
        #expect(found.documents.allSatisfy { $0[path: "data", "of"]?.string == "20" })
        #expect(found.manifest.artifacts.count == 1)
        #expect(found.manifest.record.fingerprint.contains(#""versions":{"shop":"20"}"#))
    }

    @Test func `Every page is of the first one's version, and they grow with what fits`() async throws {
        let found = try await backUp([
            Self.rule(Self.lists, Self.list([], version: "5"), contains: "limit=500", times: 1),
            Self.rule(Self.lists, Self.list(["a"], version: "7", next: "one two"), contains: "limit=100"),
            Self.rule(Self.lists, Self.list(["b"], version: "7"), contains: "continue=one%20two"),
        ])
        #expect(found.documents.count == 2)
        let pages = found.lines.filter { $0.hasPrefix(Self.lists) }
        #expect(pages.last?.contains("limit=500") == true && pages.count == 3, "\(pages)")
    }

    @Test(arguments: [
        ("Forbidden", 403, ResourcesError.Code.forbidden, "dr-resources", false),
        ("Unauthorized", 401, .forbidden, "credentials", true),
        ("ServiceUnavailable", 503, .unreachable, "", true), ("InternalError", 500, .failed, "", true),
    ])
    func `A server that refuses is told as what it is`(
        reason: String, status: Int64, code: ResourcesError.Code, mend: String, isRetriable: Bool
    ) async throws {
        let error = await #expect(throws: ResourcesError.self) {
            try await backUp([Self.rule(Self.lists, Texts.status(reason, status).text, status: status)])
        }
        #expect(
            error?.code == code && error?.isRetriable == isRetriable && error?.field == "spec.source.kubernetes",
            "\(String(describing: error))")
        #expect(mend.isEmpty || error?.mend?.contains(mend) == true)
    }

    @Test(arguments: [
        #"{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}}"#, "<html>login</html>",
        #"{"kind": "ConfigMapList", "items": {}}"#, "",
    ])
    func `An answer that is no list makes no backup`(body: String) async throws {
        let error = await #expect(throws: ResourcesError.self) { try await backUp([Self.rule(Self.lists, body)]) }
        #expect(error?.code == .failed, "\(String(describing: error))")
    }

    @Test func `A namespace that is gone is no empty backup, and an empty one is told of`() async throws {
        let error = await #expect(throws: ResourcesError.self) {
            try await backUp([Self.rule("GET /api/v1/namespaces/shop", Texts.status("NotFound", 404).text, status: 404)]
            )
        }
        #expect(error?.code == .noNamespace && error?.mend != nil)
        let empty = try await backUp([Self.rule(Self.lists, Self.list([], version: "3"))])
        #expect(empty.manifest.record.warnings == ["no object matches: the backup is empty"] && empty.documents.isEmpty)
    }

    @Test func `A server that is down is told as such, and tried again`() async throws {
        let error = await #expect(throws: ResourcesError.self) {
            try await backUp(
                [], configuration: ClusterConfiguration(server: "https://127.0.0.1:1", credential: .token("c4nary")))
        }
        #expect(error?.code == .unreachable && error?.isRetriable == true)
        #expect(error?.description.contains("c4nary") == false)
    }
}
