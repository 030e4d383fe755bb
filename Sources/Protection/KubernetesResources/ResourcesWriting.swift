import Cryptography
import KubernetesClient
import KubernetesModel

/// Writes the artifact of one backup, and counts.
struct ResourcesWriting: Sendable {
    struct Result: Sendable {
        var fingerprint: ResourcesFingerprint
        var orphans: Int
        /// The first few of them.
        var orphanNames: [String]
    }

    let client: KubernetesClient
    let selection: ResourceSelection
    let lister: ResourceLister
    let owners: OwnerIndex
    let progress: @Sendable (String) -> Void

    private static let piece = 256 << 10

    func run(
        _ chosen: [APIResource], definitions: [JSON], _ write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Result {
        let key = try ObjectDigest.makeKey()
        let stripping = ObjectStripping(
            keepsVolumeNames: chosen.contains { $0.type.groupResource == "persistentvolumes" })
        var state = State(key: key, stripping: stripping, owners: owners, labels: selection.labels)
        state.text = ResourceDocuments.header(key: key)
        if !definitions.isEmpty, !chosen.contains(where: { $0.type.groupResource == "namespaces" }) {
            try state.add(definitions, of: .definitions)
        }
        for resource in chosen {
            progress("\(resource.type.groupResource)")
            try await add(resource, to: &state, write)
            if resource.type.groupResource == "namespaces" { try state.add(definitions, of: .definitions) }
        }
        try await write(Array(state.text.utf8))
        return state.result
    }

    private func add(_ resource: APIResource, to state: inout State, _ write: (([UInt8]) async throws -> Void))
        async throws
    {
        let type = resource.type
        state.begin(type)
        if type.groupResource == "namespaces", let names = selection.namespaces {
            for name in names {
                let found = try await ResourcesError.reading(lister.field) {
                    try await client.getIfPresent(type, name, namespace: nil)
                }
                if let found { try state.add([found.content], of: type) }
            }
            return
        }
        // A namespace is chosen by its name.
        let labels = type.groupResource == "namespaces" ? nil : selection.labels?.text
        for namespace in selection.places(of: type) {
            let version = try await lister.each(type, namespace: namespace, labels: labels) { items in
                for item in items {
                    try state.add([item], of: type)
                    if state.text.utf8.count >= Self.piece {
                        try await write(Array(state.text.utf8))
                        state.text = ""
                    }
                }
            }
            state.note(version, of: type, in: namespace ?? "")
        }
    }

    private struct State {
        let key: [UInt8]
        let stripping: ObjectStripping
        let owners: OwnerIndex
        let labels: LabelQuery?
        var text = ""
        private var digests: [String: ObjectDigest] = [:]
        private var kinds: [String: String] = [:]
        private var versions: [String: [String: String]] = [:]
        private var namespaces: Set<String> = []
        private var leftOut: [String: Int64] = [:]
        private var orphans: [String] = []
        private var orphanCount = 0

        init(key: [UInt8], stripping: ObjectStripping, owners: OwnerIndex, labels: LabelQuery?) {
            self.labels = labels
            self.key = key
            self.stripping = stripping
            self.owners = owners
        }

        mutating func begin(_ type: ResourceType) {
            guard digests[type.groupResource] == nil else { return }
            digests[type.groupResource] = ObjectDigest(key: key)
            kinds[type.groupResource] = type.kind
        }

        mutating func add(_ objects: [JSON], of type: ResourceType) throws {
            begin(type)
            for object in objects {
                let metadata = object["metadata"] ?? .null
                let ownership = owners.ownership(metadata)
                if ownership == .stored {
                    leftOut[ObjectStripping.Reason.isOwned.rawValue, default: 0] += 1
                    continue
                }
                switch stripping.verdict(object, type: type) {
                case .leaveOut(let reason): leftOut[reason.rawValue, default: 0] += 1
                case .keep(let kept):
                    if ownership == .elsewhere { noteOrphan(type, metadata) }
                    digests[type.groupResource]?.add(ResourceDocuments.canonical(kept))
                    text += ResourceDocuments.document(kept)
                    let namespace =
                        type.groupResource == "namespaces" ? metadata["name"]?.string : metadata["namespace"]?.string
                    if let namespace { namespaces.insert(namespace) }
                }
            }
        }

        private mutating func noteOrphan(_ type: ResourceType, _ metadata: JSON) {
            orphanCount += 1
            if orphans.count < 5 { orphans.append("\(type.groupResource)/\(metadata["name"]?.string ?? "")") }
        }

        mutating func note(_ version: String, of type: ResourceType, in namespace: String) {
            versions[type.groupResource, default: [:]][namespace] = version
        }

        var result: Result {
            let resources = digests.map { name, digest in
                (
                    name,
                    ResourcesFingerprint.Resource(
                        kind: kinds[name] ?? "", count: digest.count, digest: digest.text,
                        versions: versions[name] ?? [:])
                )
            }
            return Result(
                fingerprint: ResourcesFingerprint(
                    resources: Dictionary(resources) { first, _ in first }, namespaces: namespaces.sorted(),
                    leftOut: leftOut, labels: labels),
                orphans: orphanCount, orphanNames: orphans)
        }
    }
}
