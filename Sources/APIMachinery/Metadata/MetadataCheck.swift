import KubernetesModel

/// Collects what is wrong with one `metadata`.
struct MetadataCheck {
    let metadata: JSON
    var errors: [FieldError] = []
    private let path = FieldPath("metadata")

    init(metadata: JSON) { self.metadata = metadata }

    private func strings(_ key: String, of object: JSON) -> [String] { object[key]?.array?.compactMap(\.string) ?? [] }

    mutating func names(namespaced: Bool, _ rule: MetadataValidation.NameRule) {
        if let prefix = metadata["generateName"]?.string, !prefix.isEmpty {
            // The prefix may end as a name may not: more follows.
            let masked = prefix.utf8.last == UInt8(ascii: "-") ? prefix.dropLast() + "a" : prefix[...]
            if let problem = rule.problem(String(masked)) {
                errors.append(.invalid(path.child("generateName"), .string(prefix), problem))
            }
        }
        let name = metadata["name"]?.string ?? ""
        if name.isEmpty {
            errors.append(.required(path.child("name"), "name or generateName is required"))
        } else if let problem = rule.problem(name) {
            errors.append(.invalid(path.child("name"), .string(name), problem))
        }
        let namespace = metadata["namespace"]?.string ?? ""
        let place = path.child("namespace")
        if !namespaced {
            if !namespace.isEmpty { errors.append(.forbidden(place, "not allowed on this type")) }
        } else if namespace.isEmpty {
            errors.append(.required(place))
        } else if let problem = Names.labelProblem(namespace) {
            errors.append(.invalid(place, .string(namespace), problem))
        }
    }

    mutating func maps() {
        let labels = metadata["labels"]?.object ?? [:]
        for key in CompactJSON.sortedKeys(labels) {
            for problem in Names.qualifiedProblems(key) {
                errors.append(.invalid(path.child("labels"), .string(key), problem))
            }
            let value = labels[key]?.string ?? ""
            for problem in Names.labelValueProblems(value) {
                errors.append(.invalid(path.child("labels"), .string(value), problem))
            }
        }
        let annotations = metadata["annotations"]?.object ?? [:]
        var size = 0
        for key in CompactJSON.sortedKeys(annotations) {
            for problem in Names.qualifiedProblems(key.lowercased()) {
                errors.append(.invalid(path.child("annotations"), .string(key), problem))
            }
            size += key.utf8.count + (annotations[key]?.string?.utf8.count ?? 0)
        }
        if size > Self.annotationsLimit {
            errors.append(.tooLong(path.child("annotations"), maximum: Self.annotationsLimit))
        }
    }

    private static let annotationsLimit = 256 * 1024

    mutating func owners() {
        let place = path.child("ownerReferences")
        var controller: String?
        for owner in metadata["ownerReferences"]?.array ?? [] {
            for (key, detail) in [
                ("apiVersion", "version must not be empty"), ("kind", "must not be empty"),
                ("name", "must not be empty"),
                ("uid", "must not be empty"),
            ] where owner[key]?.string?.isEmpty != false {
                // As in Kubernetes the field is named below the list, without an index.
                errors.append(.invalid(place.child(key), owner[key] ?? "", detail))
            }
            guard owner["controller"]?.bool == true else { continue }
            let name = owner["name"]?.string ?? ""
            if let first = controller {
                errors.append(
                    .invalid(
                        place, metadata["ownerReferences"],
                        """
                        Only one reference can have Controller set to true. Found "true" in references for \(first) and \
                        \(name)
                        """))
            }
            controller = name
        }
    }

    mutating func finalizers() {
        let place = path.child("finalizers")
        for (index, name) in strings("finalizers", of: metadata).enumerated() {
            for problem in Names.qualifiedProblems(name) {
                errors.append(.invalid(place, .string(name), problem))
            }
            if !name.contains("/"), !Self.standardFinalizers.contains(name) {
                errors.append(
                    .invalid(
                        place.index(index), .string(name),
                        "name is neither a standard finalizer name nor is it fully qualified"))
            }
        }
    }

    private static let standardFinalizers: Set<String> = [
        "orphan", "foregroundDeletion", "kubernetes", "customresourcecleanup.apiextensions.k8s.io",
    ]

    mutating func update(from old: JSON) {
        if old["deletionTimestamp"]?.string != nil {
            let before = Set(strings("finalizers", of: old))
            let added = Set(strings("finalizers", of: metadata)).subtracting(before).sorted()
            if !added.isEmpty {
                let list = added.map(GoFormat.quoted).joined(separator: ", ")
                errors.append(
                    .forbidden(
                        path.child("finalizers"),
                        """
                        no new finalizers can be added if the object is being deleted, found new finalizers \
                        []string{\(list)}
                        """))
            }
        }
        for key in ["name", "namespace", "uid", "creationTimestamp"] {
            guard let value = old[key], value.string?.isEmpty == false, metadata[key] != value else { continue }
            errors.append(.invalid(path.child(key), metadata[key] ?? "", "field is immutable"))
        }
    }
}
