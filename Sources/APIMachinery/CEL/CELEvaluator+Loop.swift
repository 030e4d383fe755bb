/// Macros that go through a list or through the keys of a map.
extension CELEvaluator {
    mutating func loop(_ macro: CELExpression.Macro) throws(Failure) -> CELValue {
        let range = try evaluate(macro.range)
        guard let items = range.items ?? range.keys else { throw Self.noOverload }
        let names = [macro.variable, macro.secondVariable].compactMap { $0 }
        let outer = names.map { ($0, variables[$0]) }
        defer { for (name, value) in outer { variables[name] = value } }
        var collected: [CELValue] = []
        var count = 0
        var failure: Failure?
        // What the loop costs that a macro stands for, beside what the rule says; see CELChecker's estimate.
        let (start, step): (UInt64, UInt64) =
            switch macro.kind {
            case .all: (1, 3)
            case .exists: (1, 4)
            case .existsOne: (2, 2)
            case .filter: (CELCost.listCreation + 1, 13)
            case .map: (CELCost.listCreation + 1, 12)
            }
        try spend(start)
        for (index, item) in items.enumerated() {
            try spend(step)
            if let second = macro.secondVariable {
                variables[macro.variable] = range.items == nil ? item : .int(Int64(index))
                variables[second] = range.items == nil ? range.member(item) ?? .null : item
            } else {
                variables[macro.variable] = item
            }
            let isMet: Bool
            do throws(Failure) {
                isMet =
                    try macro.condition.map { expression throws(Failure) in try boolean(evaluate(expression)) } ?? true
            } catch {
                // `all` and `exists` may yet be settled by another item.
                guard error != Self.limitExceeded, macro.kind == .all || macro.kind == .exists else { throw error }
                failure = failure ?? error
                continue
            }
            switch macro.kind {
            case .all: if !isMet { return .bool(false) }
            case .exists: if isMet { return .bool(true) }
            case .existsOne: if isMet { count += 1 }
            case .filter: if isMet { collected.append(item) }
            case .map: if isMet, let transform = macro.transform { collected.append(try evaluate(transform)) }
            }
        }
        if let failure { throw failure }
        switch macro.kind {
        case .all: return .bool(true)
        case .exists: return .bool(false)
        case .existsOne: return .bool(count == 1)
        case .map, .filter: return .list(collected)
        }
    }
}
