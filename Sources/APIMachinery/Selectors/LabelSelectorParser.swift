import KubernetesModel

/// The grammar of label selectors: requirements joined by commas, each a key with or without `!`, or a key, an operator
/// and a value, or `in`/`notin` with values in parentheses. Messages are those of Kubernetes, which clients show as they are.
struct LabelSelectorParser {
    struct Failure: Error {
        var message: String
    }

    private let tokens: [LabelSelectorLexer.Token]
    private var position = 0

    static func parse(_ text: String) throws(Failure) -> [LabelSelector.Requirement] {
        var parser = LabelSelectorParser(tokens: LabelSelectorLexer.tokens(text))
        return try parser.requirements()
    }

    private init(tokens: [LabelSelectorLexer.Token]) { self.tokens = tokens }

    /// The end is never passed.
    private var token: LabelSelectorLexer.Token { tokens[min(position, tokens.count - 1)] }

    private mutating func take() -> LabelSelectorLexer.Token {
        defer { position += 1 }
        return token
    }

    private mutating func requirements() throws(Failure) -> [LabelSelector.Requirement] {
        var result: [LabelSelector.Requirement] = []
        while token.kind != .end {
            guard token.kind == .word || token.isSign("!") else {
                throw Failure(message: "found '\(token.text)', expected: !, identifier, or 'end of string'")
            }
            do {
                result.append(try requirement())
            } catch {
                throw Failure(message: "unable to parse requirement: \(error.message)")
            }
            let next = take()
            if next.kind == .end { break }
            guard next.isSign(",") else {
                throw Failure(message: "found '\(next.text)', expected: ',' or 'end of string'")
            }
            guard token.kind == .word || token.isSign("!") else {
                throw Failure(message: "found '\(token.text)', expected: identifier after ','")
            }
        }
        return result
    }

    private mutating func requirement() throws(Failure) -> LabelSelector.Requirement {
        let isNegated = token.isSign("!")
        if isNegated { position += 1 }
        let key = take()
        guard key.kind == .word else { throw Failure(message: "found '\(key.text)', expected: identifier") }
        let problems = Names.qualifiedProblems(key.text)
        guard problems.isEmpty else {
            let detail = problems.joined(separator: "; ")
            throw Failure(message: FieldError.invalid(.root, .string(key.text), detail).description)
        }
        if isNegated { return .absent(key.text) }
        if token.kind == .end || token.isSign(",") { return .exists(key.text) }
        return try comparison(key.text)
    }

    private mutating func comparison(_ key: String) throws(Failure) -> LabelSelector.Requirement {
        let sign = take()
        switch (sign.kind, sign.text) {
        case (.word, "in"): return .isIn(key, try values(of: key))
        case (.word, "notin"): return .notIn(key, try values(of: key))
        case (.sign, "="), (.sign, "=="): return .isIn(key, try check([value()], of: key))
        case (.sign, "!="): return .notIn(key, try check([value()], of: key))
        case (.sign, ">"): return .greater(key, try number(of: key))
        case (.sign, "<"): return .less(key, try number(of: key))
        default:
            throw Failure(message: "found '\(sign.text)', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    /// Nothing before a comma or the end is the empty value.
    private mutating func value() throws(Failure) -> String {
        if token.kind == .end || token.isSign(",") { return "" }
        let value = take()
        guard value.kind == .word else { throw Failure(message: "found '\(value.text)', expected: identifier") }
        return value.text
    }

    private mutating func number(of key: String) throws(Failure) -> Int64 {
        let text = try value()
        guard let number = Int64(text) else {
            let detail = "for 'Gt', 'Lt' operators, the value must be an integer"
            throw Failure(message: FieldError.invalid(FieldPath("values[0]"), .string(text), detail).description)
        }
        _ = try check([text], of: key)
        return number
    }

    /// `(a, b)`; an empty place among the commas is the empty value.
    private mutating func values(of key: String) throws(Failure) -> Set<String> {
        let open = take()
        guard open.isSign("(") else { throw Failure(message: "found '\(open.text)' expected: '('") }
        guard token.kind == .word || token.isSign(",") || token.isSign(")") else {
            throw Failure(message: "found '\(token.text)', expected: ',', ')' or identifier")
        }
        var found: [String] = []
        while true {
            if token.isSign(")") || token.isSign(",") {
                found.append("")
            } else {
                guard token.kind == .word else {
                    throw Failure(message: "found '\(token.text)', expected: ',', or identifier")
                }
                found.append(take().text)
            }
            if token.isSign(")") { break }
            guard token.isSign(",") else { throw Failure(message: "found '\(token.text)', expected: ',' or ')'") }
            position += 1
        }
        position += 1
        return try check(found, of: key)
    }

    private func check(_ values: [String], of key: String) throws(Failure) -> Set<String> {
        let sorted = Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let errors = sorted.enumerated().flatMap { index, value in
            Names.labelValueProblems(value).map { problem in
                FieldError.invalid(FieldPath("values").index(index).key(key), .string(value), problem).description
            }
        }
        if errors.count > 1 { throw Failure(message: "[\(errors.joined(separator: ", "))]") }
        if let error = errors.first { throw Failure(message: error) }
        return Set(sorted)
    }
}
