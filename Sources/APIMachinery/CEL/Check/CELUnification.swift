/// What the variables among types stand for.
struct CELUnification {
    private var bindings: [Int: CELType] = [:]
    private var count = 0

    mutating func fresh() -> CELType {
        count += 1
        return .variable(count)
    }

    /// The type with its variables replaced as far as they are known.
    func resolved(_ type: CELType) -> CELType {
        switch type {
        case .variable(let number): bindings[number].map(resolved) ?? type
        case .list(let item): .list(resolved(item))
        case .map(let key, let value): .map(resolved(key), resolved(value))
        case .optional(let held): .optional(resolved(held))
        default: type
        }
    }

    /// An overload with variables of its own.
    mutating func instance(_ overload: CELFunctions.Overload) -> CELFunctions.Overload {
        let a = fresh()
        let b = fresh()
        func replaced(_ type: CELType) -> CELType {
            switch type {
            case .variable(-1): a
            case .variable(-2): b
            case .list(let item): .list(replaced(item))
            case .map(let key, let value): .map(replaced(key), replaced(value))
            case .optional(let held): .optional(replaced(held))
            default: type
            }
        }
        return CELFunctions.Overload(
            isMethod: overload.isMethod, parameters: overload.parameters.map(replaced),
            result: replaced(overload.result))
    }

    /// Makes two types agree; false, with nothing learned, when they cannot.
    mutating func unify(_ left: [CELType], _ right: [CELType]) -> Bool {
        guard left.count == right.count else { return false }
        let before = bindings
        for (one, other) in zip(left, right) where !agree(one, other) {
            bindings = before
            return false
        }
        return true
    }

    private mutating func agree(_ left: CELType, _ right: CELType) -> Bool {
        if case .variable(let number) = right { return bind(number, left) }
        if case .variable(let number) = left { return bind(number, right) }
        if left.isAnything || right.isAnything { return true }
        if left == .null { return right.takesNull }
        if right == .null { return left.takesNull }
        switch (left, right) {
        case (.list(let a), .list(let b)), (.optional(let a), .optional(let b)): return agree(a, b)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return agree(key, otherKey) && agree(value, otherValue)
        default: return left == right
        }
    }

    private mutating func bind(_ number: Int, _ type: CELType) -> Bool {
        if let known = bindings[number] {
            guard agree(type, known) else { return false }
            // Of two that agree the more general one counts.
            if type == .dyn { bindings[number] = .dyn }
            return true
        }
        let type = resolved(type)
        if type == .variable(number) { return true }
        guard !occurs(number, in: type) else { return false }
        bindings[number] = type
        return true
    }

    private func occurs(_ number: Int, in type: CELType) -> Bool {
        switch type {
        case .variable(let other): other == number
        case .list(let item), .optional(let item): occurs(number, in: item)
        case .map(let key, let value): occurs(number, in: key) || occurs(number, in: value)
        default: false
        }
    }
}
