/// Recursive descent over the grammar of the language.
struct CELParser {
    private let lexer: CELLexer
    private let lexemes: [CELLexer.Lexeme]
    private var position = 0
    private var depth = 0

    /// Deeper nesting is refused: each level costs stack.
    private static let maximumDepth = 120
    private static let maximumLength = 64 * 1024

    init(_ source: String) throws(CELProgram.SyntaxError) {
        lexer = CELLexer(source)
        guard source.utf8.count <= Self.maximumLength else { throw lexer.error("expression is too long", at: 0) }
        lexemes = try CELLexer.lexemes(source)
    }

    static func parse(_ source: String) throws(CELProgram.SyntaxError) -> CELExpression {
        var parser = try CELParser(source)
        let result = try parser.expression()
        guard parser.token == .end else { throw parser.unexpected() }
        return result
    }

    private var token: CELLexer.Token { lexemes[position].token }
    private var offset: Int { lexemes[position].offset }

    private func node(_ kind: CELExpression.Kind, _ offset: Int) -> CELExpression {
        CELExpression(kind: kind, offset: offset)
    }

    private func unexpected() -> CELProgram.SyntaxError {
        let what: String =
            switch token {
            case .end: "mismatched input '<EOF>'"
            case .sign(let sign): "extraneous input '\(sign)'"
            case .identifier(let name), .quotedIdentifier(let name): "extraneous input '\(name)'"
            case .int(let value), .uint(let value): "extraneous input '\(value)'"
            case .double(let value): "extraneous input '\(value)'"
            case .string(let text): "extraneous input '\(text)'"
            case .bytes: "extraneous input of bytes"
            }
        return failure("Syntax error: \(what)")
    }

    private func failure(_ message: String) -> CELProgram.SyntaxError {
        lexer.error(message, at: offset)
    }

    private mutating func take(_ sign: String) -> Bool {
        guard token == .sign(sign) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ sign: String) throws(CELProgram.SyntaxError) {
        guard take(sign) else { throw unexpected() }
    }

    private mutating func expression() throws(CELProgram.SyntaxError) -> CELExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw failure("expression is nested too deeply") }
        let test = try or()
        let place = offset
        guard take("?") else { return test }
        let yes = try or()
        try expect(":")
        return node(.conditional(test, yes, try expression()), place)
    }

    private mutating func or() throws(CELProgram.SyntaxError) -> CELExpression {
        var left = try and()
        while token == .sign("||") {
            let place = offset
            position += 1
            left = node(.or(left, try and()), place)
        }
        return left
    }

    private mutating func and() throws(CELProgram.SyntaxError) -> CELExpression {
        var left = try relation()
        while token == .sign("&&") {
            let place = offset
            position += 1
            left = node(.and(left, try relation()), place)
        }
        return left
    }

    private mutating func relation() throws(CELProgram.SyntaxError) -> CELExpression {
        var left = try sum()
        while true {
            let name: String
            switch token {
            case .sign(let sign) where ["==", "!=", "<", "<=", ">", ">="].contains(sign): name = sign
            case .identifier("in"): name = "in"
            default: return left
            }
            let place = offset
            position += 1
            left = node(.call(name, target: nil, [left, try sum()]), place)
        }
    }

    private mutating func sum() throws(CELProgram.SyntaxError) -> CELExpression {
        var left = try product()
        while case .sign(let sign) = token, sign == "+" || sign == "-" {
            let place = offset
            position += 1
            left = node(.call(sign, target: nil, [left, try product()]), place)
        }
        return left
    }

    private mutating func product() throws(CELProgram.SyntaxError) -> CELExpression {
        var left = try unary()
        while case .sign(let sign) = token, ["*", "/", "%"].contains(sign) {
            let place = offset
            position += 1
            left = node(.call(sign, target: nil, [left, try unary()]), place)
        }
        return left
    }

    private mutating func unary() throws(CELProgram.SyntaxError) -> CELExpression {
        var signs: [(sign: String, place: Int)] = []
        while case .sign(let sign) = token, sign == "!" || sign == "-" {
            signs.append((sign, offset))
            position += 1
        }
        guard signs.count <= Self.maximumDepth else { throw failure("expression is nested too deeply") }
        var operand: CELExpression
        if let last = signs.last, last.sign == "-", case .int(let value) = token, value <= UInt64(Int64.max) + 1 {
            // The least integer has no positive twin.
            signs.removeLast()
            position += 1
            operand = try members(node(.literal(.int(Int64(truncatingIfNeeded: 0 &- value))), last.place))
        } else {
            operand = try members(try primary())
        }
        for (sign, place) in signs.reversed() {
            operand = node(.call(sign == "!" ? "!_" : "-_", target: nil, [operand]), place)
        }
        return operand
    }

    private mutating func members(_ base: CELExpression) throws(CELProgram.SyntaxError) -> CELExpression {
        var base = base
        var count = 0
        while true {
            count += 1
            guard count <= 2 * Self.maximumDepth else { throw failure("expression is nested too deeply") }
            let dot = offset
            if take(".") {
                let isOptional = take("?")
                let name: String
                var isQuoted = false
                switch token {
                case .identifier(let text): name = text
                case .quotedIdentifier(let text):
                    name = text
                    isQuoted = true
                default: throw unexpected()
                }
                position += 1
                let parenthesis = offset
                if !isQuoted, !isOptional, take("(") {
                    let kind = try CELMacros.method(
                        name, of: base, try arguments(")"), at: parenthesis
                    ) { message, place in
                        lexer.error(message, at: place)
                    }
                    base = node(kind, parenthesis)
                } else {
                    base = node(.select(base, field: name, isOptional ? .optional : .value), dot)
                }
            } else if take("[") {
                let isOptional = take("?")
                let index = try expression()
                try expect("]")
                base = node(.index(base, index, isOptional: isOptional), dot)
            } else {
                return base
            }
        }
    }

    private mutating func arguments(_ end: String) throws(CELProgram.SyntaxError) -> [CELExpression] {
        var result: [CELExpression] = []
        while !take(end) {
            if !result.isEmpty { try expect(",") }
            result.append(try expression())
        }
        return result
    }

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while", "in",
    ]

    private mutating func primary() throws(CELProgram.SyntaxError) -> CELExpression {
        let current = token
        let place = offset
        switch current {
        case .sign("("):
            position += 1
            let inner = try expression()
            try expect(")")
            return inner
        case .sign("["):
            position += 1
            return node(try list(), place)
        case .sign("{"):
            position += 1
            return node(try map(), place)
        case .sign("."):
            // A name from the outermost scope: here there is only one.
            position += 1
            guard case .identifier = token else { throw unexpected() }
            return try primary()
        case .int(let value):
            guard let value = Int64(exactly: value) else { throw failure("invalid int literal") }
            position += 1
            return node(.literal(.int(value)), place)
        case .uint(let value): position += 1; return node(.literal(.uint(value)), place)
        case .double(let value): position += 1; return node(.literal(.double(value)), place)
        case .string(let text): position += 1; return node(.literal(.string(text)), place)
        case .bytes(let bytes): position += 1; return node(.literal(.bytes(bytes)), place)
        case .identifier("true"): position += 1; return node(.literal(.bool(true)), place)
        case .identifier("false"): position += 1; return node(.literal(.bool(false)), place)
        case .identifier("null"): position += 1; return node(.literal(.null), place)
        case .identifier(let name):
            guard !Self.reserved.contains(name) else { throw failure("reserved identifier: \(name)") }
            position += 1
            let parenthesis = offset
            if take("(") {
                let kind = try CELMacros.function(name, try arguments(")"), at: parenthesis) { message, place in
                    lexer.error(message, at: place)
                }
                return node(kind, parenthesis)
            }
            return node(.identifier(name), place)
        default: throw unexpected()
        }
    }

    private mutating func list() throws(CELProgram.SyntaxError) -> CELExpression.Kind {
        var items: [CELExpression.Element] = []
        while !take("]") {
            if !items.isEmpty {
                try expect(",")
                if take("]") { break }
            }
            let isOptional = take("?")
            items.append(.init(value: try expression(), isOptional: isOptional))
        }
        return .list(items)
    }

    private mutating func map() throws(CELProgram.SyntaxError) -> CELExpression.Kind {
        var entries: [CELExpression.Entry] = []
        while !take("}") {
            if !entries.isEmpty {
                try expect(",")
                if take("}") { break }
            }
            let isOptional = take("?")
            let key = try expression()
            try expect(":")
            entries.append(.init(key: key, value: try expression(), isOptional: isOptional))
        }
        return .map(entries)
    }
}
