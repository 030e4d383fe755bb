/// Calls that are not functions: they bind names or look at a field without reading it.
enum CELMacros {
    typealias Fail = (String, Int) -> CELProgram.SyntaxError

    static func function(
        _ name: String, _ arguments: [CELExpression], at place: Int, failure: Fail
    ) throws(CELProgram.SyntaxError) -> CELExpression.Kind {
        guard name == "has", arguments.count == 1 else { return .call(name, target: nil, arguments) }
        guard case .select(let base, let field, .value) = arguments[0].kind else {
            throw failure("invalid argument to has() macro", arguments[0].offset)
        }
        return .select(base, field: field, .presence)
    }

    static func method(
        _ name: String, of target: CELExpression, _ arguments: [CELExpression], at place: Int, failure: Fail
    ) throws(CELProgram.SyntaxError) -> CELExpression.Kind {
        if case .identifier(let space) = target.kind {
            if namespaces.contains(space) { return .call("\(space).\(name)", target: nil, arguments) }
        }
        guard let kind = kinds[name] else { return try optional(name, target, arguments, place, failure) }
        switch (kind, arguments.count) {
        case (.map, 2):
            return .macro(
                .init(
                    kind: .map, range: target, variable: try variable(arguments[0], failure), transform: arguments[1]))
        case (.map, 3):
            return .macro(
                .init(
                    kind: .map, range: target, variable: try variable(arguments[0], failure), condition: arguments[1],
                    transform: arguments[2]))
        case (_, 2):
            return .macro(
                .init(
                    kind: kind, range: target, variable: try variable(arguments[0], failure), condition: arguments[1]))
        case (.all, 3), (.exists, 3), (.existsOne, 3):
            return .macro(
                .init(
                    kind: kind, range: target, variable: try variable(arguments[0], failure),
                    secondVariable: try variable(arguments[1], failure), condition: arguments[2]))
        default: return .call(name, target: target, arguments)
        }
    }

    /// `optMap` and `optFlatMap` bind the value inside an optional.
    private static func optional(
        _ name: String, _ target: CELExpression, _ arguments: [CELExpression], _ place: Int, _ failure: Fail
    ) throws(CELProgram.SyntaxError) -> CELExpression.Kind {
        guard name == "optMap" || name == "optFlatMap", arguments.count == 2 else {
            return .call(name, target: target, arguments)
        }
        func node(_ kind: CELExpression.Kind) -> CELExpression { CELExpression(kind: kind, offset: place) }
        let body = name == "optMap" ? node(.call("optional.of", target: nil, [arguments[1]])) : arguments[1]
        let held = "@\(name)"
        let inner = node(
            .bind(
                try variable(arguments[0], failure), node(.call("value", target: node(.identifier(held)), [])), body))
        return .bind(
            held, target,
            node(
                .conditional(
                    node(.call("hasValue", target: node(.identifier(held)), [])), inner,
                    node(.call("optional.none", target: nil, [])))))
    }

    private static let kinds: [String: CELExpression.Macro.Kind] = [
        "all": .all, "exists": .exists, "exists_one": .existsOne, "existsOne": .existsOne, "map": .map,
        "filter": .filter,
    ]

    static let namespaces: Set<String> = ["optional", "sets"]

    private static func variable(_ argument: CELExpression, _ failure: Fail) throws(CELProgram.SyntaxError) -> String {
        guard case .identifier(let name) = argument.kind else {
            throw failure("argument must be a simple name", argument.offset)
        }
        return name
    }
}
