import BackupArchive
import Cryptography
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import ObjectStore
import Processes
import ScriptedAPIServer
import Testing

/// An API server to test against: the embedded one; and the one of the kubeconfig that `DR_TEST_KUBECONFIG` names, where
/// every namespace that a test made is deleted in the end.
enum Server: String, CaseIterable, Sendable {
    case embedded, real

    static let all: [Server] = ProcessInfo.processInfo.environment["DR_TEST_KUBECONFIG"] == nil ? [.embedded] : allCases
}

struct NotReady: Error { var said: String }

/// An API server, a client of it, a store on a folder and a key, for the time of a test.
struct Cluster: Sendable {
    let server: Server
    let client: KubernetesClient
    let kubeconfig: String
    let folder: URL
    let store: FilesystemStore
    let identity: AgeIdentity
    /// A part of every namespace's name.
    let mark: String

    /// A namespace of this test.
    func name(_ short: String) -> String { "\(short)-\(mark)" }

    /// The built product, beside the test bundle, which is the program itself or an argument of what runs it.
    private static let executable: String = {
        let places =
            [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
        let found = places.map { $0.appending(path: "control-plane-probe").path }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return found ?? "control-plane-probe"
    }()

    static func with<R: Sendable>(_ server: Server, _ body: @escaping @Sendable (Cluster) async throws -> R)
        async throws -> R
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-resources-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "store"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        if server == .real, let kubeconfig = ProcessInfo.processInfo.environment["DR_TEST_KUBECONFIG"] {
            return try await use(server, kubeconfig, folder, body)
        }
        let state = folder.appending(path: "state").path
        // The server ends when its standard input does: also when this process is killed.
        let script = "\"$0\" \"$1\" </dev/null & server=$!; cat >/dev/null; kill $server; wait $server; exit 0"
        let outcome: Result<R, any Error> = try await withChild(
            Command("bash", ["-c", script, Self.executable, state])
        ) { streams in
            var line = ""
            while !line.hasSuffix("\n") {
                let piece = try await streams.output.read(upTo: 256)
                if piece.isEmpty { throw NotReady(said: line) }
                line += String(decoding: piece, as: UTF8.self)
            }
            // A shell that is killed would leave the server behind.
            do { return .success(try await use(server, "\(state)/kubeconfig", folder, body)) } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private static func use<R: Sendable>(
        _ server: Server, _ kubeconfig: String, _ folder: URL, _ body: @escaping @Sendable (Cluster) async throws -> R
    ) async throws -> R {
        let client = try KubernetesClient(
            configuration: ClusterConfiguration.load(files: [kubeconfig]), rate: 2000, burst: 2000,
            logger: quiet)
        let cluster = Cluster(
            server: server, client: client, kubeconfig: kubeconfig, folder: folder,
            store: FilesystemStore(root: folder.appending(path: "store").path), identity: try AgeIdentity.generate(),
            mark: try SecureRandom.hexString(byteCount: 4))
        let outcome: Result<R, any Error>
        do { outcome = .success(try await body(cluster)) } catch { outcome = .failure(error) }
        if server == .real { await cluster.removeNamespaces() }
        await client.shutdown()
        return try outcome.get()
    }

    private func removeNamespaces() async {
        let type = ResourceType(group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false)
        let page = try? await client.page(type, namespace: nil, limit: nil)
        for item in page?.items ?? [] {
            guard let name = item[path: "metadata", "name"]?.string, name.hasSuffix(mark) else { continue }
            // One of the tests makes a Secret with a finalizer, which would keep its namespace for ever.
            _ = try? await client.patch(
                Secret.self, "login", namespace: name, merge: ["metadata": ["finalizers": .null]])
            try? await client.delete(type, name, namespace: nil)
        }
    }
}

extension Cluster {
    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        let environment = [
            "KUBECONFIG": kubeconfig, "HOME": folder.path, "KUBECACHEDIR": folder.appending(path: "cache").path,
        ]
        let output = try await runChild(
            Command("kubectl", arguments, environment: environment), input: Array(input.utf8))
        return String(decoding: output, as: UTF8.self)
    }

    func apply(_ manifests: String) async throws {
        try await kubectl("apply", "--server-side", "-f", "-", input: manifests)
    }

    func create(_ data: [String: String], _ name: String, in namespace: String) async throws {
        _ = try await client.create(ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace), data: data))
    }

    @discardableResult
    func namespace(_ short: String, labels: String = "{}") async throws -> String {
        try await apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: \(name(short)), labels: \(labels)}\n")
        return name(short)
    }

    func system(
        _ namespace: String, kinds: [String], namespaces: [String]? = nil, labels: LabelQuery? = nil,
        secrets: Bool = false,
        definitions: Bool = false, reach: ResourceReach = .everythingForAll
    ) throws -> ResourcesSystem {
        ResourcesSystem(
            client: client,
            selection: try ResourceSelection(
                policyNamespace: namespace, reach: reach, namespaces: namespaces, kinds: kinds, labels: labels,
                includeSecrets: secrets,
                includeDefinitions: definitions),
            namespace: namespace)
    }

    func backUp(_ system: ResourcesSystem, _ name: String = "b1") async throws -> Manifest {
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "objects", backup: name)
        let record = try await system.backUp(after: nil, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: ResourcesSystem.kind, source: "kubernetes/x", startedAt: Date(), finishedAt: Date(),
            writer: "test")
    }

    func reader(wrongKey: Bool = false) throws -> BackupReader {
        BackupReader(store: store, identities: [wrongKey ? try AgeIdentity.generate() : identity])
    }

    func verify(_ manifest: Manifest, _ system: ResourcesSystem, wrongKey: Bool = false) async throws
        -> VerificationReport
    {
        try await system.verify(manifest, from: try reader(wrongKey: wrongKey), scratch: folder, progress: { _ in })
    }

    @discardableResult
    func restore(
        _ manifest: Manifest, _ namespace: String, _ options: ResourceRestore.Options = .init(),
        reach: ResourceReach = .everythingForAll,
        dryRun: Bool = false
    ) async throws -> ResourceRestore.Report {
        try await ResourceRestore(client: client, namespace: namespace, reach: reach).run(
            manifest, from: try reader(), options: options, dryRun: dryRun, progress: { _ in })
    }

    func data(_ name: String, in namespace: String) async throws -> [String: String]? {
        try await client.getIfPresent(ConfigMap.self, name, namespace: namespace)?.data
    }

    /// Deletes a namespace and waits until it is gone.
    func delete(namespace: String) async throws { try await kubectl("delete", "namespace", namespace, "--wait=true") }

    /// The artifact in plain.
    func text(_ manifest: Manifest) async throws -> String {
        String(decoding: try await reader().bytes(manifest.artifacts[0]), as: UTF8.self)
    }

    func documents(_ manifest: Manifest) async throws -> [JSON] { try ManifestYAML.documents(try await text(manifest)) }
}
