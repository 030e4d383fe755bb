import KubernetesModel

/// Operators and functions.
extension CELEvaluator {
    mutating func call(
        _ name: String, _ target: CELExpression?, _ arguments: [CELExpression]
    ) throws(Failure) -> CELValue {
        // These take their argument only when they need it.
        if let target, arguments.count == 1, name == "orValue" || name == "or" {
            guard case .optional(let held) = try evaluate(target) else { throw Self.noOverload }
            guard let held else { return try evaluate(arguments[0]) }
            return name == "or" ? .optional(held) : held
        }
        let receiver: CELValue? = if let target { try evaluate(target) } else { nil }
        var values: [CELValue] = []
        for argument in arguments { values.append(try evaluate(argument)) }
        try spend(Self.cost(of: name, receiver, values))
        let result: CELValue? =
            if let receiver {
                try CELMethods.call(name, receiver, values)
            } else if values.count == 2, let value = try CELOperators.binary(name, values[0], values[1]) {
                value
            } else {
                try CELMethods.function(name, values)
            }
        guard let result else { throw Self.noOverload }
        return result
    }

    /// By the same table as the estimate, with the sizes that the values really have.
    private static func cost(of name: String, _ receiver: CELValue?, _ values: [CELValue]) -> UInt64 {
        // Most calls: nothing that has a length.
        if receiver?.isScalar ?? true, values.allSatisfy(\.isScalar) { return 1 }
        let shown = name == "in" ? "@in" : ["==", "!=", "<", "<=", ">", ">=", "+"].contains(name) ? "_\(name)_" : name
        return CELCallCost(
            name: shown, target: receiver.map(information), arguments: values.map(information), types: CELUnification()
        ).cost
    }

    private static func information(_ value: CELValue) -> CELChecker.Info {
        func info(_ type: CELType, _ size: Int, element: Int? = nil) -> CELChecker.Info {
            CELChecker.Info(type: type, cost: 0, size: UInt64(size), elementSize: element.map { UInt64($0) })
        }
        func list(_ count: Int, _ first: CELValue?) -> CELChecker.Info {
            // The first item stands for all: items of one list are alike.
            if case .string(let text)? = first { return info(.list(.string), count, element: text.utf8.count) }
            return info(.list(.int), count, element: 1)
        }
        switch value {
        case .string(let text): return info(.string, text.utf8.count)
        case .bytes(let bytes): return info(.bytes, bytes.count)
        case .list(let items): return list(items.count, items.first)
        case .array(let items, _): return list(items.count, items.first.map { CELValue($0) })
        case .map(let entries): return info(.map(.string, .dyn), entries.count)
        case .object(let members, _): return info(.map(.string, .dyn), members.count)
        default: return info(.int, 1)
        }
    }
}

extension CELValue {
    fileprivate var isScalar: Bool {
        switch self {
        case .null, .bool, .int, .uint, .double, .duration, .timestamp, .type: true
        default: false
        }
    }
}

enum CELOperators {
    typealias Failure = CELProgram.Failure

    /// nil when the operator is not defined for the operands.
    static func binary(_ name: String, _ left: CELValue, _ right: CELValue) throws(Failure) -> CELValue? {
        switch name {
        case "==": return .bool(left == right)
        case "!=": return .bool(left != right)
        case "<": return order(left, right).map { .bool($0 == .less) }
        case "<=": return order(left, right).map { .bool($0 != .greater) }
        case ">": return order(left, right).map { .bool($0 == .greater) }
        case ">=": return order(left, right).map { .bool($0 != .less) }
        case "in":
            if let items = right.items { return .bool(items.contains(left)) }
            return right.keys == nil ? nil : .bool(right.member(left) != nil)
        case "+", "-", "*", "/", "%": return try arithmetic(name, left, right)
        default: return nil
        }
    }

    static func order(_ left: CELValue, _ right: CELValue) -> CELNumber.Order? {
        switch (left, right) {
        case (.string(let a), .string(let b)):
            a == b ? .equal : a.utf8.lexicographicallyPrecedes(b.utf8) ? .less : .greater
        case (.bytes(let a), .bytes(let b)): a == b ? .equal : a.lexicographicallyPrecedes(b) ? .less : .greater
        case (.bool(let a), .bool(let b)): a == b ? .equal : b ? .less : .greater
        case (.duration(let a), .duration(let b)): CELNumber.order(a, b)
        case (.timestamp(let a), .timestamp(let b)): CELNumber.order(a, b)
        case (.quantity(let a), .quantity(let b)): CELNumber.order(a.value, b.value)
        default: CELNumber.compare(left, right)
        }
    }

    static func arithmetic(_ name: String, _ left: CELValue, _ right: CELValue) throws(Failure) -> CELValue? {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try whole(name, a, b))
        case (.uint(let a), .uint(let b)): return .uint(try whole(name, a, b))
        case (.double(let a), .double(let b)):
            switch name {
            case "+": return .double(a + b)
            case "-": return .double(a - b)
            case "*": return .double(a * b)
            case "/": return .double(a / b)
            default: return nil
            }
        case (.duration(let a), .duration(let b)) where name == "+" || name == "-":
            return .duration(try whole(name, a, b))
        case (.timestamp(let time), .duration(let span)) where name == "+": return .timestamp(time.adding(span))
        case (.duration(let span), .timestamp(let time)) where name == "+": return .timestamp(time.adding(span))
        case (.timestamp(let time), .duration(let span)) where name == "-":
            return .timestamp(time.adding(try whole("-", 0, span)))
        case (.timestamp(let a), .timestamp(let b)) where name == "-":
            guard let span = a.since(b) else { throw Failure(message: "integer overflow") }
            return .duration(span)
        default: break
        }
        guard name == "+" else { return nil }
        switch (left, right) {
        case (.string(let a), .string(let b)): return .string(a + b)
        case (.bytes(let a), .bytes(let b)): return .bytes(a + b)
        case (.array(let a, let node), .array(let b, _)) where node?.listType != .atomic && node != nil:
            return node.map { merged(a, b, $0) }
        default:
            guard let a = left.items, let b = right.items else { return nil }
            return .list(a + b)
        }
    }

    /// Sets and lists known by keys are joined, not strung together.
    private static func merged(_ left: [JSON], _ right: [JSON], _ node: SchemaNode) -> CELValue {
        var result = left
        for item in right {
            if case .map(let keys) = node.listType, let key = node.itemKey(item, keys: keys)?.map(\.1) {
                let place = result.firstIndex { node.itemKey($0, keys: keys)?.map(\.1) == key }
                if let place { result[place] = item } else { result.append(item) }
            } else if !result.contains(item) {
                result.append(item)
            }
        }
        return .array(result, node)
    }

    private static func whole<T: FixedWidthInteger>(_ name: String, _ a: T, _ b: T) throws(Failure) -> T {
        let result: (partialValue: T, overflow: Bool)
        switch name {
        case "+": result = a.addingReportingOverflow(b)
        case "-": result = a.subtractingReportingOverflow(b)
        case "*": result = a.multipliedReportingOverflow(by: b)
        case "/":
            if b == 0 { throw Failure(message: "division by zero") }
            result = a.dividedReportingOverflow(by: b)
        default:
            if b == 0 { throw Failure(message: "modulus by zero") }
            result = a.remainderReportingOverflow(dividingBy: b)
        }
        if result.overflow { throw Failure(message: "integer overflow") }
        return result.partialValue
    }
}
