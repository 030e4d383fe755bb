import KubernetesModel

/// How a value takes part in ownership: as one piece, or by its parts. What the schema does not describe is deduced
/// from the value: objects by their members, lists as one piece.
struct FieldShape: Sendable {
    /// nil where nothing is declared.
    var node: SchemaNode?

    enum Kind: Sendable, Hashable {
        /// Owned as one piece.
        case leaf
        case map
        case set
        case keyed([String])

        var isList: Bool { self != .leaf && self != .map }
    }

    /// - Parameter value: nil or null takes whatever form is declared.
    func kind(of value: JSON?) -> Kind {
        let value = value?.isNull == true ? Optional<JSON>.none : value
        guard let node, let type = node.type else {
            guard case .object? = value else { return .leaf }
            return node?.isAtomicMap == true || node?.isIntOrString == true ? .leaf : .map
        }
        switch type {
        case "object":
            if let value, value.object == nil { return .leaf }
            return node.isAtomicMap ? .leaf : .map
        case "array":
            if let value, value.array == nil { return .leaf }
            return switch node.listType {
            case .atomic: .leaf
            case .set: .set
            case .map(let keys): .keyed(keys)
            }
        default: return .leaf
        }
    }

    /// Whether an object has a field of that name by declaration, not only as an entry of a map.
    func declares(_ name: String) -> Bool { node?.properties[name] != nil }

    func member(_ name: String) -> FieldShape { FieldShape(node: node?.member(name)) }
    var item: FieldShape { FieldShape(node: node?.items) }

    func child(_ step: FieldStep) -> FieldShape {
        if case .field(let name) = step { member(name) } else { item }
    }

    /// By what a list knows an item; nil for an item without its keys.
    func step(of item: JSON, _ kind: Kind) -> FieldStep? {
        switch kind {
        case .set: return .value(item)
        case .keyed(let keys):
            guard let members = item.object else { return nil }
            var values: [String: JSON] = [:]
            for key in keys {
                guard let value = members[key] ?? node?.items?.properties[key]?.defaultValue else { return nil }
                values[key] = value
            }
            return .key(values)
        case .leaf, .map: return nil
        }
    }
}
