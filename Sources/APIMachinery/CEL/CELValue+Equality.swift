import KubernetesModel

/// Equality as the language has it: numbers by value whatever their type, maps and lists by content.
extension CELValue: Hashable {
    static func == (left: CELValue, right: CELValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.int, _), (.uint, _), (.double, _): return CELNumber.compare(left, right) == .equal
        case (.string(let a), .string(let b)): return a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.duration(let a), .duration(let b)): return a == b
        case (.timestamp(let a), .timestamp(let b)): return a == b
        case (.type(let a), .type(let b)): return a == b
        case (.url(let a), .url(let b)): return a == b
        case (.quantity(let a), .quantity(let b)): return a == b
        case (.optional(let a), .optional(let b)): return a == b
        case (.array(let a, let node), .array(let b, _)): return equal(a, b, node)
        case (.list, .list), (.list, .array), (.array, .list): return left.items == right.items
        case (.object(let a, let node), .object(let b, _)):
            if a.count != b.count { return false }
            return a.allSatisfy { name, value in
                b[name].map { CELValue(value, node?.member(name)) == CELValue($0, node?.member(name)) } ?? false
            }
        case (.map, .map), (.map, .object), (.object, .map):
            guard let keys = left.keys, keys.count == right.keys?.count else { return false }
            return keys.allSatisfy { key in left.member(key) == right.member(key) && right.member(key) != nil }
        default: return false
        }
    }

    /// Sets and lists known by keys are equal in any order.
    private static func equal(_ a: [JSON], _ b: [JSON], _ node: SchemaNode?) -> Bool {
        if a.count != b.count { return false }
        let left = a.map { CELValue($0, node?.items) }
        let right = b.map { CELValue($0, node?.items) }
        if left == right { return true }
        guard let node, node.listType != .atomic else { return false }
        return left.allSatisfy { right.contains($0) } && right.allSatisfy { left.contains($0) }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .int(let value): hasher.combine(Double(value))
        case .uint(let value): hasher.combine(Double(value))
        case .double(let value): hasher.combine(value)
        case .bool(let value): hasher.combine(value)
        case .string(let text): hasher.combine(text)
        case .bytes(let bytes): hasher.combine(bytes)
        default: hasher.combine(typeName)
        }
    }
}

/// Numbers of three types, compared by value.
enum CELNumber {
    enum Order { case less, equal, greater }

    static func compare(_ left: CELValue, _ right: CELValue) -> Order? {
        switch (left, right) {
        case (.int(let a), .int(let b)): return order(a, b)
        case (.uint(let a), .uint(let b)): return order(a, b)
        case (.int(let a), .uint(let b)): return a < 0 ? .less : order(UInt64(a), b)
        case (.uint(let a), .int(let b)): return b < 0 ? .greater : order(a, UInt64(b))
        default:
            guard let a = double(left), let b = double(right), !a.isNaN, !b.isNaN else { return nil }
            return order(a, b)
        }
    }

    static func double(_ value: CELValue) -> Double? {
        switch value {
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    static func order<T: Comparable>(_ a: T, _ b: T) -> Order { a < b ? .less : a == b ? .equal : .greater }
}
