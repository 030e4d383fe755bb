import KubernetesModel

/// Collects what is wrong with one definition.
struct CRDCheck {
    var errors: [FieldError] = []
    private let spec = FieldPath("spec")

    mutating func definition(_ definition: JSON, old: JSON?) {
        let body = definition["spec"] ?? .object([:])
        let group = text(body, "group", spec)
        let names = body["names"] ?? .object([:])
        let place = spec.child("names")
        let plural = text(names, "plural", place)
        let expected = "\(plural).\(group)"
        let name = definition[path: "metadata", "name"]?.string ?? ""
        if name != expected {
            errors.append(
                .invalid(
                    FieldPath("metadata.name"), .string(name), "must be spec.names.plural+\".\"+spec.group"))
        }
        if !group.isEmpty {
            if let problem = Names.subdomainProblem(group) {
                errors.append(.invalid(spec.child("group"), .string(group), problem))
            } else if !group.contains(".") {
                errors.append(
                    .invalid(spec.child("group"), .string(group), "should be a domain with at least one dot"))
            }
        }
        check(names: names, at: place)
        switch body["scope"]?.string ?? "" {
        case "Namespaced", "Cluster": break
        case "": errors.append(.required(spec.child("scope")))
        case let other:
            errors.append(
                .notSupported(spec.child("scope"), .string(other), supported: ["Cluster", "Namespaced"]))
        }
        check(versions: body["versions"]?.array ?? [], old: old?[path: "spec", "versions"]?.array ?? [])
        if let before = old?["spec"] { checkUnchanged(body, before) }
    }

    private mutating func text(_ object: JSON, _ key: String, _ place: FieldPath) -> String {
        let text = object[key]?.string ?? ""
        if text.isEmpty { errors.append(.required(place.child(key))) }
        return text
    }

    private mutating func check(names: JSON, at place: FieldPath) {
        let lists = ["shortNames", "categories"].flatMap { key in
            (names[key]?.array ?? []).enumerated().map { (place.child(key).index($0.offset), $0.element.string ?? "") }
        }
        let plural = names["plural"]?.string ?? ""
        let kind = text(names, "kind", place)
        let listKind = names["listKind"]?.string ?? "\(kind)List"
        let words =
            [(place.child("plural"), plural), (place.child("singular"), names["singular"]?.string ?? "")]
            + lists + [(place.child("kind"), kind.lowercased()), (place.child("listKind"), listKind.lowercased())]
        for (path, word) in words where !word.isEmpty {
            if let problem = Names.label1035Problem(word) { errors.append(.invalid(path, .string(word), problem)) }
        }
        if !kind.isEmpty, kind == listKind {
            errors.append(
                .invalid(place.child("listKind"), .string(listKind), "kind and listKind may not be the same"))
        }
    }

    private mutating func check(versions: [JSON], old: [JSON]) {
        let place = spec.child("versions")
        if versions.isEmpty {
            errors.append(.required(place, "must have exactly one version marked as storage version"))
            return
        }
        var seen: Set<String> = []
        let schemas = versions.map { $0["schema"] }
        // One schema for all versions is told of as one.
        let isShared = schemas.allSatisfy { $0 == schemas[0] }
        for (index, version) in versions.enumerated() {
            let path = place.index(index)
            let name = version["name"]?.string ?? ""
            if let problem = Names.label1035Problem(name) {
                errors.append(.invalid(path.child("name"), .string(name), problem))
            }
            if !seen.insert(name).inserted {
                errors.append(.invalid(place, .string(name), "must contain unique version names"))
            }
            for key in ["served", "storage"] where version[key]?.bool == nil {
                errors.append(.required(path.child(key)))
            }
            if isShared, index > 0 { continue }
            let schemaPath = (isShared ? spec.child("validation") : path.child("schema")).child("openAPIV3Schema")
            guard let schema = version[path: "schema", "openAPIV3Schema"], schema.object != nil else {
                errors.append(.required(schemaPath, "schemas are required"))
                continue
            }
            if schema["type"]?.string != "object" {
                errors.append(
                    schema["type"]?.string == nil
                        ? .required(schemaPath.child("type"), "must not be empty at the root")
                        : .invalid(schemaPath.child("type"), schema["type"], "must be object at the root"))
            }
            var walk = CRDSchemaCheck()
            walk.check(schema, at: schemaPath, isRoot: true)
            errors += walk.errors
            // Rules that were accepted once stay accepted.
            let before = old.first { $0["name"] == version["name"] }?[path: "schema", "openAPIV3Schema"]
            if walk.errors.isEmpty, before != schema { errors += CRDRuleCheck.errors(schema, at: schemaPath) }
        }
        if versions.count(where: { $0["storage"]?.bool == true }) != 1 {
            errors.append(
                .invalid(place, .array(versions), "must have exactly one version marked as storage version"))
        }
    }

    private mutating func checkUnchanged(_ body: JSON, _ old: JSON) {
        func compare(_ new: JSON?, _ old: JSON?, _ path: FieldPath) {
            if let old, new != old { errors.append(.invalid(path, new ?? .null, "field is immutable")) }
        }
        compare(body["group"], old["group"], spec.child("group"))
        compare(body["scope"], old["scope"], spec.child("scope"))
        for key in ["kind", "plural"] {
            compare(
                body[path: "names", key], old[path: "names", key], spec.child("names").child(key))
        }
    }
}
