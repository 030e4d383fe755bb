import KubernetesModel

extension SchemaNode {
    /// The value without what the schema does not know; the paths of that are added to `unknown`.
    func pruned(_ value: JSON, at path: FieldPath, _ unknown: inout [String]) -> JSON {
        switch value {
        case .object(let members): pruned(members, value, at: path, &unknown)
        case .array(let list): pruned(list, value, at: path, &unknown)
        default: value
        }
    }

    private func pruned(
        _ members: [String: JSON], _ value: JSON, at path: FieldPath, _ unknown: inout [String]
    ) -> JSON {
        // Nothing is said about the members: everything stays.
        if properties.isEmpty, additionalProperties == nil, preservesUnknownFields { return value }
        var result = members
        for (name, item) in members {
            if let known = member(name) {
                if known.isLeaf { continue }
                let itemPath = properties[name] != nil ? path.child(name) : path.child(name)
                result[name] = known.pruned(item, at: itemPath, &unknown)
            } else if !preservesUnknownFields {
                result[name] = nil
                unknown.append(path.child(name).description)
            }
        }
        return .object(result)
    }

    private func pruned(_ list: [JSON], _ value: JSON, at path: FieldPath, _ unknown: inout [String]) -> JSON {
        guard let items, !items.isLeaf else { return value }
        return .array(
            list.enumerated().map { index, item in items.pruned(item, at: path.index(index), &unknown) })
    }

    /// A value without anything below it.
    private var isLeaf: Bool {
        switch type {
        case "string", "integer", "number", "boolean": true
        default: isIntOrString
        }
    }
}
