/// Walks the tree of an expression. Work is counted, so that no rule can hold the server up.
struct CELEvaluator {
    typealias Failure = CELProgram.Failure

    var variables: [String: CELValue]
    /// What was spent so far, in the units of ``CELCost``.
    private(set) var cost: UInt64 = 0

    init(variables: [String: CELValue]) { self.variables = variables }

    mutating func spend(_ amount: UInt64 = 1) throws(Failure) {
        cost = CELCost.sum(cost, amount)
        if cost > CELCost.callLimit { throw Self.limitExceeded }
    }

    static let limitExceeded = Failure(message: "operation cancelled: actual cost limit exceeded")

    mutating func evaluate(_ expression: CELExpression) throws(Failure) -> CELValue {
        switch expression.kind {
        case .literal(let value): return value
        case .identifier(let name):
            try spend()
            if let value = variables[name] { return value }
            if Self.types.contains(name) { return .type(name) }
            throw Failure(message: "undeclared reference to '\(name)'")
        case .select(let base, let field, let access):
            let value = try evaluate(base)
            try spend()
            return try select(value, field, access)
        case .index(let base, let index, let isOptional):
            try spend()
            return try self.index(evaluate(base), evaluate(index), isOptional)
        case .call(let name, let target, let arguments): return try call(name, target, arguments)
        case .list(let elements): return try list(elements)
        case .map(let entries): return try map(entries)
        case .and(let left, let right): return try logic(left, right, decisive: false)
        case .or(let left, let right): return try logic(left, right, decisive: true)
        case .conditional(let test, let yes, let no):
            return try boolean(evaluate(test)) ? evaluate(yes) : evaluate(no)
        case .macro(let macro): return try loop(macro)
        case .bind(let name, let value, let body):
            let value = try evaluate(value)
            let previous = variables.updateValue(value, forKey: name)
            defer { variables[name] = previous }
            return try evaluate(body)
        }
    }

    private static let types: Set<String> = [
        "bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint",
    ]

    func boolean(_ value: CELValue) throws(Failure) -> Bool {
        guard case .bool(let value) = value else { throw Self.noOverload }
        return value
    }

    static let noOverload = Failure(message: "no such overload")

    /// A decisive side settles the matter even when the other side fails.
    private mutating func logic(
        _ left: CELExpression, _ right: CELExpression, decisive: Bool
    ) throws(Failure) -> CELValue {
        let failure: Failure
        do throws(Failure) {
            if try boolean(evaluate(left)) == decisive { return .bool(decisive) }
            return .bool(try boolean(evaluate(right)))
        } catch {
            if error == Self.limitExceeded { throw error }
            failure = error
        }
        // Either side may have failed; a decisive right side still counts.
        if let value = try? evaluate(right), case .bool(decisive) = value { return .bool(decisive) }
        throw failure
    }

    private func select(
        _ base: CELValue, _ field: String, _ access: CELExpression.Access
    ) throws(Failure) -> CELValue {
        if case .optional(let held) = base {
            let inner = held.flatMap { $0.member(.string(field)) }
            return access == .presence ? .bool(inner != nil) : .optional(inner)
        }
        guard base.keys != nil else { throw Self.noOverload }
        let found = base.member(.string(field))
        switch access {
        case .presence: return .bool(found != nil)
        case .optional: return .optional(found)
        case .value:
            guard let found else { throw Failure(message: "no such key: \(field)") }
            return found
        }
    }

    private func index(_ base: CELValue, _ index: CELValue, _ isOptional: Bool) throws(Failure) -> CELValue {
        if case .optional(let held) = base {
            guard let held else { return .optional(nil) }
            return try self.index(held, index, true)
        }
        let found: CELValue?
        if let items = base.items {
            guard let number = CELNumber.double(index), let place = Int(exactly: number) else { throw Self.noOverload }
            found = items.indices.contains(place) ? items[place] : nil
            if found == nil, !isOptional { throw Failure(message: "index out of bounds: \(place)") }
        } else if base.keys != nil {
            found = base.member(index)
            if found == nil, !isOptional {
                throw Failure(message: "no such key: \(CELConversions.string(index) ?? "")")
            }
        } else {
            throw Self.noOverload
        }
        guard let found, !isOptional else { return .optional(found) }
        return found
    }

    private mutating func list(_ elements: [CELExpression.Element]) throws(Failure) -> CELValue {
        try spend(CELCost.listCreation)
        var result: [CELValue] = []
        for element in elements {
            let value = try evaluate(element.value)
            if element.isOptional {
                guard case .optional(let held) = value else { throw Self.noOverload }
                if let held { result.append(held) }
            } else {
                result.append(value)
            }
        }
        return .list(result)
    }

    private mutating func map(_ entries: [CELExpression.Entry]) throws(Failure) -> CELValue {
        try spend(CELCost.mapCreation)
        var result: [CELValue: CELValue] = [:]
        for entry in entries {
            let key = try evaluate(entry.key)
            var value = try evaluate(entry.value)
            if entry.isOptional {
                guard case .optional(let held) = value else { throw Self.noOverload }
                guard let held else { continue }
                value = held
            }
            guard result.updateValue(value, forKey: key) == nil else {
                throw Failure(message: "Failed with repeated key")
            }
        }
        return .map(result)
    }
}
