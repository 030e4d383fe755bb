/// Macros are loops with an accumulator; the constants are the costs of what they expand to beside what the rule says.
extension CELChecker {
    mutating func loop(_ macro: CELExpression.Macro, _ offset: Int) -> Info {
        let range = check(macro.range)
        let rangeType = types.resolved(range.type)
        let (first, second) = variables(range, rangeType, macro)
        let outer = [macro.variable, macro.secondVariable].compactMap { $0 }.map { ($0, scope[$0]) }
        defer { for (name, info) in outer { scope[name] = info } }
        scope[macro.variable] = first
        if let name = macro.secondVariable { scope[name] = second }
        let condition = macro.condition.map { check($0) }
        let transform = macro.transform.map { check($0) }
        let body = CELCost.sum(condition?.cost ?? 0, transform?.cost ?? 0)
        var overhead: UInt64 = 0
        var start: UInt64 = 0
        var end: UInt64 = 1
        var result = Info(type: .bool, cost: 0, size: 1)
        switch macro.kind {
        case .all, .exists:
            overhead = macro.kind == .all ? 3 : 4
            if let condition, let place = macro.condition?.offset { requireBool(condition, place) }
        case .existsOne:
            overhead = 2
            end = 2
            requireCondition(condition, .int, offset)
        case .filter:
            overhead = 13
            start = CELCost.listCreation
            let item = first.type
            requireCondition(condition, .list(item), offset)
            result = Info(type: .list(item), cost: 0, size: range.size, declared: nil, elementSize: first.size)
        case .map:
            overhead = 12
            start = CELCost.listCreation
            let item = types.resolved(transform?.type ?? .dyn)
            if macro.condition != nil { requireCondition(condition, .list(item), offset) }
            result = Info(type: .list(item), cost: 0, size: range.size, elementSize: transform?.size)
        }
        let loop = CELCost.product(range.size, CELCost.sum(overhead, body))
        result.cost = CELCost.sum(range.cost, start, end, loop)
        return result
    }

    /// A filter is a choice between two accumulators.
    private mutating func requireCondition(_ condition: Info?, _ accumulator: CELType, _ offset: Int) {
        guard let condition, !types.unify([condition.type], [.bool]) else { return }
        let given = types.resolved(condition.type).name
        let held = types.resolved(accumulator).name
        report("found no matching overload for '_?_:_' applied to '(\(given), \(held), \(held))'", offset)
    }

    private mutating func variables(
        _ range: Info, _ rangeType: CELType, _ macro: CELExpression.Macro
    ) -> (Info, Info) {
        func info(_ type: CELType, _ declared: CELDeclared?, size: UInt64? = nil) -> Info {
            Info(
                type: type, cost: 1, size: declared?.maximumElements ?? size ?? Self.size(type, nil), declared: declared
            )
        }
        switch rangeType {
        case .list(let item):
            let element = info(types.resolved(item), range.declared?.element, size: range.elementSize)
            return macro.secondVariable == nil ? (element, element) : (info(.int, nil), element)
        case .map(let key, let value):
            let name = info(types.resolved(key), range.declared == nil ? nil : .key)
            return (name, info(types.resolved(value), range.declared?.element))
        case .dyn, .error, .variable:
            _ = types.unify([.dyn], [rangeType])
            return (info(.dyn, nil), info(.dyn, nil))
        default:
            report(
                "expression of type '\(rangeType.name)' cannot be range of a comprehension (must be list, map, or dynamic)",
                macro.range.offset)
            return (info(.error, nil), info(.error, nil))
        }
    }
}
