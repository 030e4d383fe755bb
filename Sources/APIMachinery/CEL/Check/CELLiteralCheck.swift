/// Complaints about constants, made only when the types are right: patterns, times and spans that are none, and lists of
/// mixed types.
struct CELLiteralCheck {
    private(set) var problems: [CELChecker.Problem] = []

    mutating func check(_ expression: CELExpression, mayMix: Bool = false) {
        switch expression.kind {
        case .literal, .identifier: break
        case .select(let base, _, _): check(base)
        case .index(let base, let index, _): for part in [base, index] { check(part) }
        case .call(let name, let target, let arguments):
            if let argument = arguments.first { check(literal: argument, of: name) }
            if let target { check(target) }
            for argument in arguments { check(argument, mayMix: name == "format") }
        case .list(let elements):
            if !mayMix { checkTypes(elements.map(\.value)) }
            for element in elements { check(element.value) }
        case .map(let entries):
            checkTypes(entries.map(\.key))
            checkTypes(entries.map(\.value))
            for entry in entries {
                check(entry.key)
                check(entry.value)
            }
        case .and(let left, let right), .or(let left, let right): for part in [left, right] { check(part) }
        case .conditional(let test, let yes, let no): for part in [test, yes, no] { check(part) }
        case .macro(let macro):
            for part in [macro.range, macro.condition, macro.transform] { if let part { check(part) } }
        case .bind(_, let value, let body): for part in [value, body] { check(part) }
        }
    }

    private mutating func check(literal argument: CELExpression, of name: String) {
        guard case .literal(.string(let text)) = argument.kind else { return }
        let isValid: Bool =
            switch name {
            case "matches": RegularExpression(text) != nil
            case "duration": GoDuration.parse(text) != nil
            case "timestamp": CELTime(parsing: text) != nil
            default: true
            }
        if !isValid { problems.append(.init(message: "invalid \(name) argument", offset: argument.offset)) }
    }

    /// Only constants are compared: of other expressions the types are not kept.
    private mutating func checkTypes(_ expressions: [CELExpression]) {
        var first: String?
        for expression in expressions {
            guard case .literal(let value) = expression.kind else { continue }
            let name = value.typeName
            if let first, first != name {
                problems.append(
                    .init(message: "expected type '\(first)' but found '\(name)'", offset: expression.offset))
                return
            }
            first = name
        }
    }
}
