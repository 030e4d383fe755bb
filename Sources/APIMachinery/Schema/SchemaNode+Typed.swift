import KubernetesModel

extension SchemaNode {
    /// The first thing in a configuration that keeps it from being applied: a field that is not known, a value of
    /// another type, a list item without its keys or twice.
    func typedProblem(_ value: JSON, at path: FieldPath) -> String? {
        func wrong(_ expected: String) -> String {
            "\(Self.dotted(path)): expected \(expected), got \(Self.shown(value))"
        }
        if value.isNull || isIntOrString { return nil }
        switch (type, value) {
        case ("object"?, .object(let members)): return memberProblem(members, at: path)
        case ("object"?, _): return wrong("map")
        case ("array"?, .array(let list)): return itemProblem(list, at: path)
        case ("array"?, _): return wrong("list")
        case ("string"?, .string), ("boolean"?, .bool), ("integer"?, .integer): return nil
        case ("integer"?, .number), ("number"?, .integer), ("number"?, .number): return nil
        case ("string"?, _): return wrong("string")
        case ("boolean"?, _): return wrong("boolean")
        case ("integer"?, _), ("number"?, _): return wrong("numeric (int or float)")
        default: return nil
        }
    }

    private func memberProblem(_ members: [String: JSON], at path: FieldPath) -> String? {
        for name in CompactJSON.sortedKeys(members) {
            guard let item = members[name] else { continue }
            if let known = member(name) {
                if let problem = known.typedProblem(item, at: path.child(name)) { return problem }
            } else if !preservesUnknownFields, !(properties.isEmpty && additionalProperties == nil) {
                return "\(Self.dotted(path.child(name))): field not declared in schema"
            }
        }
        return nil
    }

    private func itemProblem(_ list: [JSON], at path: FieldPath) -> String? {
        let shape = FieldShape(node: self)
        let kind = shape.kind(of: .array(list))
        var seen: Set<FieldStep> = []
        for (index, item) in list.enumerated() {
            if kind.isList {
                guard let step = shape.step(of: item, kind) else { return keyProblem(item, at: path, index) }
                if !seen.insert(step).inserted {
                    return "\(Self.dotted(path)): duplicate entries for key \(step.description)"
                }
                if let problem = items?.typedProblem(item, at: FieldPath(path.description + step.description)) {
                    return problem
                }
            } else if let problem = items?.typedProblem(item, at: path.index(index)) {
                return problem
            }
        }
        return nil
    }

    private func keyProblem(_ item: JSON, at path: FieldPath, _ index: Int) -> String {
        let place = "\(Self.dotted(path)): element \(index)"
        guard case .map(let keys) = listType, let members = item.object else {
            return "\(place): associative list with keys may not have non-map elements"
        }
        let missing = keys.first { members[$0] == nil && items?.properties[$0]?.defaultValue == nil } ?? ""
        return """
            \(place): associative list with keys has an element that omits key field \(GoFormat.quoted(missing)) \
            (and doesn't have default value)
            """
    }

    private static func dotted(_ path: FieldPath) -> String { path == .root ? "" : ".\(path)" }

    /// The kind of a value, never the value: it may be a secret.
    private static func shown(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "list"
        case .object: "map"
        }
    }
}
