extension CELChecker {
    mutating func call(
        _ name: String, _ target: CELExpression?, _ arguments: [CELExpression], _ offset: Int
    ) -> Info {
        let infos = arguments.map { check($0) }
        let receiver = target.map { check($0) }
        let shown = name == "in" ? "@in" : Self.operators.contains(name) ? "_\(name)_" : name
        return call(shown, receiver, infos, offset)
    }

    private static let operators: Set<String> = ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"]

    mutating func call(_ name: String, _ target: Info?, _ arguments: [Info], _ offset: Int) -> Info {
        guard let overloads = CELFunctions.overloads(of: name) else { return undeclared(name, offset) }
        let given = ([target].compactMap { $0 } + arguments).map { types.resolved($0.type) }
        var result: CELType?
        for overload in overloads where overload.isMethod == (target != nil) {
            let instance = types.instance(overload)
            guard types.unify(given, instance.parameters) else { continue }
            let type = types.resolved(instance.result)
            if let known = result, known != .dyn, known != type {
                result = .dyn
            } else if result == nil {
                result = type
            }
        }
        guard let result else {
            let names = given.map { types.resolved($0).name }
            let isMethod = target != nil
            let list = names.dropFirst(isMethod ? 1 : 0).joined(separator: ", ")
            let signature = isMethod ? "\(names[0]).(\(list))" : "(\(list))"
            report("found no matching overload for '\(name)' applied to '\(signature)'", offset)
            return Info(type: .error, cost: 1, size: .max)
        }
        return cost(of: name, target, arguments, result)
    }

    /// The call's own cost with that of everything below.
    private func cost(of name: String, _ target: Info?, _ arguments: [Info], _ type: CELType) -> Info {
        let own = CELCallCost(name: name, target: target, arguments: arguments, types: types)
        var cost = target?.cost ?? 0
        if name == "_?_:_" {
            cost = CELCost.sum(arguments[0].cost, max(arguments[1].cost, arguments[2].cost))
            return Info(
                type: type, cost: cost, size: max(arguments[1].size, arguments[2].size),
                elementSize: max(arguments[1].elementSize ?? 0, arguments[2].elementSize ?? 0))
        }
        for argument in arguments { cost = CELCost.sum(cost, argument.cost) }
        var info = Info(type: type, cost: CELCost.sum(cost, own.cost), size: own.resultSize ?? Self.size(type, nil))
        if name == "dyn" {
            info.size = arguments[0].size
            info.elementSize = arguments[0].elementSize
        }
        if name == "_[_]" {
            info.declared = arguments[0].declared?.element
            info.size = arguments[0].elementSize ?? Self.size(type, info.declared)
        }
        if name == "_+_", case .list = type {
            info.elementSize = max(elementSize(arguments[0]), elementSize(arguments[1]))
        }
        return info
    }

    /// How large the items of a list can be.
    func elementSize(_ list: Info) -> UInt64 {
        if let size = list.elementSize { return size }
        if case .list(let item) = types.resolved(list.type) { return Self.size(item, list.declared?.element) }
        return .max
    }
}

/// What one call costs by itself, given the sizes of what it is called with, and the size of its result where that follows.
struct CELCallCost {
    var cost: UInt64 = 1
    var resultSize: UInt64?

    init(name: String, target: CELChecker.Info?, arguments: [CELChecker.Info], types: CELUnification) {
        let size = target?.size ?? arguments.first?.size ?? 0
        func isText(_ info: CELChecker.Info?) -> Bool {
            guard let info else { return false }
            return [.string, .bytes, .dyn].contains(types.resolved(info.type))
        }
        switch name {
        case "startsWith", "endsWith": cost = CELCost.scaled(arguments[0].size, CELCost.traversal)
        case "format": cost = CELCost.scaled(size, CELCost.traversal)
        case "contains":
            cost = CELCost.product(
                CELCost.scaled(size, CELCost.traversal), CELCost.scaled(arguments[0].size, CELCost.traversal))
        case "matches", "find", "findAll":
            cost = CELCost.product(
                CELCost.scaled(CELCost.sum(size, 1), CELCost.traversal),
                CELCost.scaled(arguments[0].size, CELCost.pattern))
            if name != "matches" { resultSize = size }
        case "@in":
            if case .map = types.resolved(arguments[1].type) { cost = 1 } else { cost = arguments[1].size }
        case "_==_", "_!=_": cost = CELCost.scaled(min(arguments[0].size, arguments[1].size), CELCost.traversal)
        case "_<_", "_<=_", "_>_", "_>=_":
            if isText(arguments[0]), isText(arguments[1]) {
                cost = max(1, CELCost.scaled(min(arguments[0].size, arguments[1].size), CELCost.traversal))
            }
        case "_+_":
            let total = CELCost.sum(arguments[0].size, arguments[1].size)
            if isText(arguments[0]), isText(arguments[1]) {
                cost = CELCost.scaled(total, CELCost.traversal)
                resultSize = total
            } else if case .list = types.resolved(arguments[0].type) {
                resultSize = total
            }
        case "bytes" where isText(arguments.first):
            cost = CELCost.scaled(size, CELCost.traversal)
            resultSize = CELCost.product(size, 4)
        case "string" where types.resolved(arguments[0].type) == .bytes:
            cost = CELCost.scaled(size, CELCost.traversal)
            resultSize = size
        case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf":
            guard let target, case .list(let item) = types.resolved(target.type) else {
                cost = CELCost.scaled(size, CELCost.traversal)
                break
            }
            let isLong = [.string, .bytes].contains(types.resolved(item))
            let length = target.elementSize ?? CELChecker.size(item, target.declared?.element)
            cost = CELCost.product(size, CELCost.sum(1, isLong ? CELCost.scaled(length, CELCost.traversal) : 0))
        case "url", "lowerAscii", "upperAscii", "substring", "trim":
            cost = CELCost.scaled(size, CELCost.traversal)
            resultSize = size
        case "isIP", "isCIDR", "quantity", "isQuantity": cost = CELCost.scaled(size, CELCost.traversal)
        case "replace":
            cost = CELCost.scaled(size, 2 * CELCost.traversal)
            // At worst every place between characters is filled.
            resultSize = CELCost.sum(size, CELCost.product(CELCost.sum(size, 1), arguments[1].size))
        case "split":
            cost = CELCost.scaled(size, 2 * CELCost.traversal)
            resultSize = size
        case "join":
            let item: CELType? = if let target, case .list(let type) = types.resolved(target.type) { type } else { nil }
            let length = target?.elementSize ?? CELChecker.size(item ?? .dyn, target?.declared?.element)
            let separators = CELCost.product(arguments.first?.size ?? 0, size > 0 ? size - 1 : 0)
            let total = CELCost.sum(CELCost.product(size, length), separators)
            cost = CELCost.scaled(total, CELCost.traversal)
            resultSize = total
        default: break
        }
    }
}
