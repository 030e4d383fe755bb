import KubernetesModel
import Yams

/// YAML as Kubernetes reads it: YAML 1.1 scalars, turned into the JSON they mean.
enum YAMLText {
    static func parse(_ text: String) throws -> JSON {
        guard let node = try Yams.compose(yaml: text) else { return .null }
        var budget = maximumNodes
        return try json(node, &budget)
    }

    /// Aliases can make a small text stand for a huge tree: it is refused before it is built.
    private static let maximumNodes = 500_000

    struct TooManyNodes: Error, CustomStringConvertible {
        var description: String { "the document is too large once its aliases are expanded" }
    }

    private static func json(_ node: Node, _ budget: inout Int) throws -> JSON {
        budget -= 1
        if budget < 0 { throw TooManyNodes() }
        switch node {
        case .scalar(let scalar): return value(node, scalar)
        case .sequence(let items): return .array(try items.map { try json($0, &budget) })
        case .mapping(let pairs):
            var members: [String: JSON] = [:]
            for (key, value) in pairs { members[key.string ?? ""] = try json(value, &budget) }
            return .object(members)
        case .alias: return .null
        }
    }

    private static func value(_ node: Node, _ scalar: Node.Scalar) -> JSON {
        // Quoted text is text, whatever it looks like.
        if scalar.style != .plain, scalar.style != .any { return .string(scalar.string) }
        if node.null != nil { return .null }
        if let value = node.bool { return .bool(value) }
        if let value = node.int { return .integer(Int64(value)) }
        if let value = node.float, value.isFinite { return .number(value) }
        return .string(scalar.string)
    }
}
