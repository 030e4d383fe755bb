import KubernetesModel

/// Which of a backup's objects are restored, and where to.
struct RestoreSelection: Sendable {
    let fingerprint: ResourcesFingerprint
    let options: ResourceRestore.Options
    let namespace: String
    let reaches: Bool
    /// Names of resources; nil for all.
    private let resources: Set<String>?

    static let field = "restoreResources"

    /// - Throws: ``ResourcesError`` for what the backup does not have.
    init(
        _ fingerprint: ResourcesFingerprint, _ options: ResourceRestore.Options, namespace: String, reach: ResourceReach
    ) throws {
        self.fingerprint = fingerprint
        self.options = options
        self.namespace = namespace
        reaches = reach.reachesEverything(from: namespace)
        if let complaint = options.labels?.complaint {
            throw ResourcesError(.invalid, complaint, field: "\(Self.field).labelSelector", mend: "correct it")
        }
        if let missing = options.namespaces?.keys.sorted().first(where: { !fingerprint.namespaces.contains($0) }) {
            throw ResourcesError(
                .noNamespace, "the backup has nothing of the namespace \"\(missing)\"",
                field: "\(Self.field).namespaces",
                mend: "it has: \(fingerprint.namespaces.joined(separator: ", "))")
        }
        resources = try options.kinds.map { try Self.resources($0, in: fingerprint) }
    }

    private static func resources(_ words: [String], in fingerprint: ResourcesFingerprint) throws -> Set<String> {
        var result: Set<String> = []
        for (index, word) in words.enumerated() {
            let lower = word.lowercased()
            let found = fingerprint.resources.filter { name, resource in
                let group = name.split(separator: ".", maxSplits: 1).dropFirst().first.map { ".\($0)" } ?? ""
                let plural = name.prefix { $0 != "." }
                return lower == "*"
                    || [name, String(plural), resource.kind.lowercased(), resource.kind.lowercased() + group].contains(
                        lower)
            }
            guard !found.isEmpty else {
                throw ResourcesError(
                    .unknownKind, "the backup has no kind \"\(word)\"", field: "\(Self.field).kinds[\(index)]",
                    mend:
                        "it has: \(fingerprint.resources.filter { $0.value.count > 0 }.keys.sorted().joined(separator: ", "))"
                )
            }
            result.formUnion(found.keys)
        }
        return result
    }

    enum Decision: Sendable {
        case restore(JSON)
        case notWanted
        /// An object of the cluster, which this namespace may not write.
        case outOfReach
    }

    /// - Throws: ``ResourcesError`` for an object of a namespace that may not be written.
    func decide(_ object: JSON) throws -> Decision {
        let resource = fingerprint.resource(of: object)
        let name = object[path: "metadata", "name"]?.string ?? ""
        let own = object[path: "metadata", "namespace"]?.string
        let isNamespace = resource == ResourceType.namespaces.groupResource
        let isDefinition = resource == ResourceType.definitions.groupResource
        guard resources?.contains(resource) ?? true else { return .notWanted }
        if !isNamespace, !isDefinition, let labels = options.labels {
            let there = (object[path: "metadata", "labels"]?.object ?? [:]).compactMapValues(\.string)
            guard labels.matches(there) else { return .notWanted }
        }
        guard let from = isNamespace ? name : own else {
            // Whoever wants some namespaces does not mean the cluster, unless the kind is named.
            if options.namespaces != nil, resources == nil, !isDefinition { return .notWanted }
            return reaches ? .restore(object) : .outOfReach
        }
        guard let to = options.namespaces.map({ $0[from] }) ?? from else { return .notWanted }
        if isNamespace {
            guard reaches else { return .outOfReach }
            var copy = object
            copy["metadata"]?["name"] = .string(to)
            return .restore(copy)
        }
        guard reaches || to == namespace else {
            throw ResourcesError(
                .outOfReach,
                "the backup has objects of the namespace \"\(from)\", and a plan of \"\(namespace)\" may not write to \"\(to)\"",
                field: "\(Self.field).namespaces",
                mend:
                    "choose those that it may with namespaces: [{from: \(from), to: \(namespace)}], or start the operator with --cross-namespace-from \(namespace)"
            )
        }
        return .restore(to == from ? object : moved(object, from: from, to: to))
    }

    /// Into another namespace: with it, the accounts of a binding's own namespace, and without addresses that the original has.
    private func moved(_ object: JSON, from: String, to: String) -> JSON {
        var result = object
        result["metadata"]?["namespace"] = .string(to)
        if object["kind"]?.string == "Service" { result = ServiceAddresses.removed(from: result) }
        if object["kind"]?.string == "PersistentVolumeClaim" { result["spec"]?["volumeName"] = nil }
        if object["kind"]?.string == "RoleBinding", let subjects = object["subjects"]?.array {
            let mapped = subjects.map { subject in
                guard let place = subject["namespace"]?.string, let other = options.namespaces?[place] else {
                    return subject
                }
                var subject = subject
                subject["namespace"] = .string(other)
                return subject
            }
            result["subjects"] = .array(mapped)
        }
        return result
    }
}
