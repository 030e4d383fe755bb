/// Checks an expression against the types of its variables, and estimates the most that a run can cost.
///
/// One pass from the leaves up. An error is noted and its expression taken for anything from there on, so that one mistake
/// is told once. The estimate follows Kubernetes' own, which is part of its API: a rule that one server takes and another
/// refuses would be of no use.
struct CELChecker {
    struct Problem: Hashable {
        var message: String
        /// In scalars from the beginning of the source.
        var offset: Int
    }

    /// What is known of an expression.
    struct Info {
        var type: CELType
        /// Of one evaluation, everything below included.
        var cost: UInt64
        /// The most characters, items or entries.
        var size: UInt64
        /// Where in the schema the value comes from, if it does.
        var declared: CELDeclared?
        /// The largest size of what the container holds, when that is not known from the schema.
        var elementSize: UInt64?
    }

    var problems: [Problem] = []
    var types = CELUnification()
    var scope: [String: Info]

    init(variables: [String: Info]) { scope = variables }

    private static let typeNames: Set<String> = [
        "bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint",
    ]

    mutating func report(_ message: String, _ offset: Int) {
        problems.append(Problem(message: message, offset: offset))
    }

    mutating func check(_ expression: CELExpression) -> Info {
        switch expression.kind {
        case .literal(let value): return Self.literal(value)
        case .identifier(let name):
            if let known = scope[name] {
                var info = known
                info.cost = 1
                return info
            }
            if Self.typeNames.contains(name) { return Info(type: .type, cost: 1, size: 0) }
            return undeclared(name, expression.offset)
        case .select(let base, let field, let access): return select(check(base), field, access, expression.offset)
        case .index(let base, let index, let isOptional):
            return call(isOptional ? "_[?_]" : "_[_]", nil, [check(base), check(index)], expression.offset)
        case .call(let name, let target, let arguments): return call(name, target, arguments, expression.offset)
        case .list(let elements): return list(elements)
        case .map(let entries): return map(entries)
        case .and(let left, let right), .or(let left, let right):
            var cost: UInt64 = 0
            for side in [left, right] {
                let info = check(side)
                requireBool(info, side.offset)
                cost = CELCost.sum(cost, info.cost)
            }
            return Info(type: .bool, cost: cost, size: 1)
        case .conditional(let test, let yes, let no):
            return call("_?_:_", nil, [check(test), check(yes), check(no)], expression.offset)
        case .macro(let macro): return loop(macro, expression.offset)
        case .bind(let name, let value, let body):
            let held = check(value)
            let outer = scope.updateValue(held, forKey: name)
            defer { scope[name] = outer }
            var result = check(body)
            result.cost = CELCost.sum(result.cost, held.cost, CELCost.listCreation)
            return result
        }
    }

    mutating func undeclared(_ name: String, _ offset: Int) -> Info {
        report("undeclared reference to '\(name)' (in container '')", offset)
        return Info(type: .error, cost: 1, size: .max)
    }

    mutating func requireBool(_ info: Info, _ offset: Int) {
        if types.unify([info.type], [.bool]) { return }
        report("expected type 'bool' but found '\(types.resolved(info.type).name)'", offset)
    }

    private static func literal(_ value: CELValue) -> Info {
        let type: CELType =
            switch value {
            case .null: .null
            case .bool: .bool
            case .int: .int
            case .uint: .uint
            case .double: .double
            case .bytes: .bytes
            default: .string
            }
        let size: Int =
            switch value {
            case .string(let text): text.unicodeScalars.count
            case .bytes(let bytes): bytes.count
            default: 1
            }
        return Info(type: type, cost: 0, size: UInt64(size))
    }

    /// What a value of a type has as its size when nothing more is known.
    static func size(_ type: CELType, _ declared: CELDeclared?) -> UInt64 {
        declared?.maximumElements ?? (type.isScalar ? 1 : .max)
    }

    private mutating func select(
        _ base: Info, _ field: String, _ access: CELExpression.Access, _ offset: Int
    ) -> Info {
        let baseType = types.resolved(base.type)
        var target = baseType
        var isOptional = access == .optional
        if case .optional(let held) = target {
            target = types.resolved(held)
            isOptional = true
        }
        var type = CELType.dyn
        var declared: CELDeclared?
        var isAccess = false
        switch target {
        case .map(_, let value):
            type = value
            isAccess = true
        case .object(let object):
            isAccess = true
            declared = object.field(field)
            if let declared {
                type = declared.celType
            } else {
                report("undefined field '\(field)'", offset)
                type = .error
            }
        case .dyn, .error: break
        case .variable:
            _ = types.unify([.dyn], [target])
            isAccess = true
        default: report("type '\(target.name)' does not support field selection", offset)
        }
        switch access {
        case .presence: return Info(type: .bool, cost: CELCost.sum(base.cost, 1), size: 1)
        case .optional: return Info(type: .optional(type), cost: CELCost.sum(base.cost, 1), size: Self.size(type, nil))
        case .value:
            if case .optional = baseType { isAccess = false }
            return Info(
                type: isOptional ? .optional(type) : type, cost: CELCost.sum(base.cost, isAccess ? 1 : 0),
                size: Self.size(type, declared), declared: declared)
        }
    }

    private mutating func list(_ elements: [CELExpression.Element]) -> Info {
        var cost = CELCost.listCreation
        var joined: CELType?
        var largest: UInt64 = 0
        for element in elements {
            let info = check(element.value)
            cost = CELCost.sum(cost, info.cost)
            largest = max(largest, info.size)
            joined = join(joined, held(info, element.isOptional, element.value.offset))
        }
        return Info(
            type: .list(joined ?? types.fresh()), cost: cost, size: UInt64(elements.count), elementSize: largest)
    }

    private mutating func map(_ entries: [CELExpression.Entry]) -> Info {
        var cost = CELCost.mapCreation
        var key: CELType?
        var value: CELType?
        for entry in entries {
            let name = check(entry.key)
            let item = check(entry.value)
            cost = CELCost.sum(cost, name.cost, item.cost)
            key = join(key, name.type)
            value = join(value, held(item, entry.isOptional, entry.value.offset))
        }
        let type = CELType.map(key ?? types.fresh(), value ?? types.fresh())
        return Info(type: type, cost: cost, size: UInt64(entries.count))
    }

    /// `[?a]` takes what is in the optional.
    private mutating func held(_ info: Info, _ isOptional: Bool, _ offset: Int) -> CELType {
        let type = types.resolved(info.type)
        guard isOptional else { return type }
        if case .optional(let inner) = type { return inner }
        if !type.isAnything { report("expected type 'optional_type(\(type.name))' but found '\(type.name)'", offset) }
        return type
    }

    /// Elements of different types make a list of anything; ``CELLiteralCheck`` complains about most of those.
    private mutating func join(_ previous: CELType?, _ next: CELType) -> CELType {
        guard let previous else { return next }
        guard types.unify([previous], [next]) else { return .dyn }
        return next == .dyn ? .dyn : previous
    }
}
