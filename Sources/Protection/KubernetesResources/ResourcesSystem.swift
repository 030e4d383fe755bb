public import BackupArchive
public import Foundation
public import KubernetesClient
import KubernetesModel

/// Objects of the cluster that the operator runs in, as YAML documents that `kubectl apply` takes.
///
/// One artifact, `objects.yaml`: whatever was chosen, without what the server and the controllers added, in the order in
/// which it can be created.
///
/// Guarantees: each list is of one moment (its `resourceVersion` is recorded); memory does not grow with the number of
/// objects, but for 32 bytes for each. Caveats: lists of different kinds are of different moments, seconds apart: the API
/// has no snapshot across kinds. The recovery point is the start of the first.
public struct ResourcesSystem: VerifiableSystem {
    public static let kind = "kubernetes"
    public static let artifactName = "objects.yaml"

    let client: KubernetesClient
    let selection: ResourceSelection
    /// The policy's own: where objects are checked whose own namespace is not there.
    let namespace: String
    let now: @Sendable () -> Date

    public init(
        client: KubernetesClient, selection: ResourceSelection, namespace: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.client = client
        self.selection = selection
        self.namespace = namespace
        self.now = now
    }

    static let field = "spec.source.kubernetes"

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        progress("discovering kinds")
        let (version, catalogue) = try await ResourcesError.reading(Self.field) {
            (try await client.serverVersion(), try await client.catalogue())
        }
        let chosen = try KindChoice.choose(selection, from: catalogue)
        try await checkNamespaces()
        let definitions = try await definitions(of: chosen, catalogue)
        for paging in ResourceLister.Paging.allCases {
            do {
                return try await attempt(
                    chosen, definitions, catalogue, version, paging, into: sink, progress: progress)
            } catch is ListExpired {
                progress("the server dropped the version of a list before it was read: all over again")
            }
        }
        throw ResourcesError(
            .failed, "the lists expire before they are read, even whole", field: Self.field,
            mend: "look at the API server's and the store's load",
            isRetriable: true)
    }

    private func attempt(
        _ chosen: [APIResource], _ definitions: [JSON], _ catalogue: APICatalogue, _ version: String,
        _ paging: ResourceLister.Paging,
        into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        let lister = ResourceLister(client: client, field: Self.field, paging: paging)
        let recoveryPoint = now()
        progress("looking for owners")
        let owners = try await owners(chosen, catalogue, lister)
        let writing = ResourcesWriting(
            client: client, selection: selection, lister: lister, owners: owners, progress: progress)
        let written = try await sink.store(Self.artifactName) { write in
            try await writing.run(chosen, definitions: definitions, write)
        }
        let fingerprint = written.fingerprint
        var counts: [String: Int64] = [
            "objects": fingerprint.objects, "kinds": Int64(fingerprint.resources.values.count { $0.count > 0 }),
        ]
        let leftOut = fingerprint.leftOut.values.reduce(0, +)
        if leftOut > 0 { counts["left out"] = leftOut }
        var warnings: [String] = []
        if fingerprint.objects == 0 { warnings.append("no object matches: the backup is empty") }
        if written.orphans > 0 {
            warnings.append(
                "\(written.orphans) objects come back without their owners, which are not in the backup: \(written.orphanNames.joined(separator: ", "))"
            )
        }
        return BackupRecord(
            recoveryPoint: recoveryPoint, serverVersion: version, counts: counts,
            fingerprint: try fingerprint.canonicalJSON, warnings: warnings)
    }

    /// A namespace that is gone would give empty lists, and an empty backup that looks like a good one.
    private func checkNamespaces() async throws {
        for name in selection.namespaces ?? [] {
            let found = try await ResourcesError.reading(Self.field) {
                try await client.getIfPresent(.namespaces, name, namespace: nil)
            }
            guard found != nil else {
                throw ResourcesError(
                    .noNamespace, "there is no namespace \"\(name)\"", field: "\(Self.field).namespaces",
                    mend: "create it, or take it out of the list")
            }
        }
    }

    private func definitions(of chosen: [APIResource], _ catalogue: APICatalogue) async throws -> [JSON] {
        guard selection.includeDefinitions,
            !chosen.contains(where: { $0.type.groupResource == ResourceType.definitions.groupResource })
        else { return [] }
        var result: [JSON] = []
        for name in chosen.filter({ !ResourceOrder.isBuiltIn($0.type.group) }).map(\.type.groupResource).sorted() {
            // An extension server's kinds have none.
            let found = try await ResourcesError.reading("\(Self.field).includeDefinitions") {
                try await client.getIfPresent(.definitions, name, namespace: nil)
            }
            if let found { result.append(found.content) }
        }
        return result
    }

    private func owners(_ chosen: [APIResource], _ catalogue: APICatalogue, _ lister: ResourceLister) async throws
        -> OwnerIndex
    {
        var index = OwnerIndex()
        let names = Set(chosen.map(\.type.groupResource))
        let between = catalogue.resources.filter {
            ["replicasets.apps", "jobs.batch"].contains($0.type.groupResource) && !names.contains($0.type.groupResource)
        }
        let steps = names.contains("pods") ? between : []
        for resource in chosen + steps where resource.type.groupResource != "namespaces" {
            let isStored = names.contains(resource.type.groupResource)
            for namespace in selection.places(of: resource.type) {
                _ = try await lister.each(
                    resource.type, namespace: namespace, labels: isStored ? selection.labels?.text : nil,
                    metadataOnly: true
                ) { items in
                    for item in items { index.add(item["metadata"] ?? .null, isStored: isStored) }
                }
            }
        }
        return index
    }
}

extension ResourceSelection {
    /// The namespaces to list one after the other; `[nil]` for one list of the cluster.
    func places(of type: ResourceType) -> [String?] {
        type.namespaced ? namespaces.map { $0.map(Optional.some) } ?? [nil] : [nil]
    }
}

extension ResourceType {
    static let namespaces = ResourceType(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false)
    static let definitions = ResourceType(
        group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions", namespaced: false)
}
