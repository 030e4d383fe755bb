import KubernetesClient
import KubernetesModel

/// Finds the resources that the words of a policy mean.
enum KindChoice {
    /// - Returns: the chosen resources in the order in which they are restored, each once.
    /// - Throws: ``ResourcesError`` naming the field, and what there is instead.
    static func choose(_ selection: ResourceSelection, from catalogue: APICatalogue) throws -> [APIResource] {
        var chosen: [String: APIResource] = [:]
        for (index, word) in selection.kinds.enumerated() {
            if word == "*" {
                if let silent = catalogue.silent.first(where: { !$0.contains("metrics.k8s.io/") }) {
                    throw ResourcesError(
                        .unreachable, "the API group \(silent) does not answer, so that not every kind is known",
                        field: field(index),
                        mend: "repair its APIService, or name the kinds that are wanted", isRetriable: true)
                }
                for resource in catalogue.resources where isOrdinary(resource, selection) {
                    chosen[resource.type.groupResource] = resource
                }
            } else {
                let resource = try find(word, in: catalogue, field: field(index))
                try check(resource, word, selection, field: field(index))
                chosen[resource.type.groupResource] = resource
            }
        }
        if selection.includeSecrets,
            let secrets = catalogue.resources.first(where: { $0.type.groupResource == "secrets" })
        {
            chosen["secrets"] = secrets
        }
        // Whoever brings back a namespace's objects in an empty cluster needs the namespace, with its labels.
        if selection.reachesCluster,
            let own = catalogue.resources.first(where: { $0.type.groupResource == "namespaces" })
        {
            chosen["namespaces"] = own
        }
        return chosen.values.sorted { ResourceOrder.isBefore($0.type, $1.type) }
    }

    private static func field(_ index: Int) -> String { "spec.source.kubernetes.kinds[\(index)]" }

    /// A word is a kind, a plural, a singular or a short name, with its group or without.
    static func find(_ word: String, in catalogue: APICatalogue, field: String) throws -> APIResource {
        let lower = word.lowercased()
        let parts = lower.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        var found = catalogue.resources.filter {
            names($0).contains(name) && (parts.count == 1 || $0.type.group == parts[1])
        }
        if found.count > 1 {
            // As kubectl: Kubernetes' own before others.
            if let core = found.first(where: { $0.type.group.isEmpty }) { found = [core] }
            let builtIn = found.filter { ResourceOrder.isBuiltIn($0.type.group) }
            if builtIn.count == 1 { found = builtIn }
        }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let list = found.map(\.type.groupResource).sorted().joined(separator: ", ")
            throw ResourcesError(
                .unknownKind, "\"\(word)\" may be any of \(list)", field: field, mend: "write it with its group")
        }
        let near = nearest(lower, in: catalogue)
        let mend =
            near.isEmpty
            ? "`kubectl api-resources` lists the kinds; install its definition if it is a custom one"
            : "is \(near.joined(separator: " or ")) meant?"
        throw ResourcesError(
            .unknownKind, "the API server has no kind \"\(word)\"", field: field, mend: mend, isRetriable: near.isEmpty)
    }

    private static func names(_ resource: APIResource) -> [String] {
        [resource.type.plural, resource.type.kind.lowercased(), resource.singular] + resource.shortNames
    }

    private static func nearest(_ word: String, in catalogue: APICatalogue) -> [String] {
        var best: [(distance: Int, name: String)] = []
        for resource in catalogue.resources where resource.verbs.contains("list") {
            let forms = names(resource).filter { $0.count > 2 }.flatMap { [$0, "\($0).\(resource.type.group)"] }
            guard let distance = forms.map({ EditDistance.between(word, $0) }).min(), distance <= max(1, word.count / 4)
            else { continue }
            best.append((distance, resource.type.groupResource))
        }
        return best.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    private static func check(_ resource: APIResource, _ word: String, _ selection: ResourceSelection, field: String)
        throws
    {
        let type = resource.type
        if type.groupResource == "secrets", !selection.includeSecrets {
            throw ResourcesError(
                .invalid, "Secrets are stored only when asked for", field: field,
                mend: "set includeSecrets: true, or leave \(word) out")
        }
        if neverProtected.contains(type.groupResource) {
            throw ResourcesError(
                .invalid,
                "\(type.kind) objects are not protected this way: they are made again from what is in the bucket",
                field: field,
                mend: "leave \(word) out")
        }
        guard resource.verbs.contains("list"), resource.verbs.contains("patch") || resource.verbs.contains("create")
        else {
            throw ResourcesError(
                .invalid, "the API server does not let \(type.groupResource) be listed and created", field: field,
                mend: "leave it out")
        }
        if !type.namespaced, !selection.reachesCluster {
            throw ResourcesError(
                .outOfReach,
                "\(type.groupResource) belong to the whole cluster, which a policy of this namespace may not read",
                field: field,
                mend: ResourceReach.mend)
        }
    }

    /// What `*` means: what people and their tools write. Not what controllers write for themselves, nor what ages in minutes.
    private static func isOrdinary(_ resource: APIResource, _ selection: ResourceSelection) -> Bool {
        let type = resource.type
        guard resource.verbs.isSuperset(of: ["list", "create", "patch"]) else { return false }
        if type.groupResource == "secrets" || neverProtected.contains(type.groupResource)
            || machinery.contains(type.groupResource)
        {
            return false
        }
        return type.namespaced || (selection.reachesCluster && selection.namespaces == nil)
    }

    /// A RecoveryRun that is applied again would be a recovery that begins again.
    static let neverProtected: Set<String> = ["backups.dr.hotswap.io", "recoveryruns.dr.hotswap.io"]

    static let machinery: Set<String> = [
        "events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io",
        "leasecandidates.coordination.k8s.io", "controllerrevisions.apps", "nodes", "componentstatuses",
        "csinodes.storage.k8s.io",
        "csistoragecapacities.storage.k8s.io", "volumeattachments.storage.k8s.io",
        "certificatesigningrequests.certificates.k8s.io",
        "ipaddresses.networking.k8s.io", "resourceslices.resource.k8s.io", "storageversions.internal.apiserver.k8s.io",
        "podcertificaterequests.certificates.k8s.io",
    ]
}

/// Levenshtein's.
enum EditDistance {
    static func between(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        guard abs(a.count - b.count) < 8 else { return .max }
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
