/// Words and signs of an expression, each with its place.
struct CELLexer {
    enum Token: Hashable, Sendable {
        case identifier(String)
        /// `` `a-b` ``: a name that is no word.
        case quotedIdentifier(String)
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        case sign(String)
        case end
    }

    struct Lexeme: Sendable {
        var token: Token
        var offset: Int
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ source: String) { scalars = Array(source.unicodeScalars) }

    static func lexemes(_ source: String) throws(CELProgram.SyntaxError) -> [Lexeme] {
        var lexer = CELLexer(source)
        var result: [Lexeme] = []
        while true {
            try lexer.skipSpace()
            let offset = lexer.position
            let token = try lexer.next()
            result.append(Lexeme(token: token, offset: offset))
            if token == .end { return result }
        }
    }

    func error(_ message: String, at offset: Int) -> CELProgram.SyntaxError {
        var line = 1
        var column = 1
        for scalar in scalars.prefix(offset) {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return CELProgram.SyntaxError(message: message, line: line, column: column)
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func skipSpace() throws(CELProgram.SyntaxError) {
        while let scalar = peek() {
            if scalar.properties.isWhitespace {
                position += 1
            } else if scalar == "/", peek(1) == "/" {
                while let next = peek(), next != "\n" { _ = next; position += 1 }
            } else {
                return
            }
        }
    }

    private static let signs = [
        "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[",
        "]", "{", "}",
    ]

    private mutating func next() throws(CELProgram.SyntaxError) -> Token {
        guard let first = peek() else { return .end }
        if let prefix = stringPrefix() { return try string(prefix) }
        if Self.isLetter(first) {
            let start = position
            while let scalar = peek(), Self.isLetter(scalar) || Self.isDigit(scalar) { position += 1 }
            return .identifier(text(start, position))
        }
        if Self.isDigit(first) || first == "." && peek(1).map(Self.isDigit) == true { return try number() }
        if first == "`" {
            let start = position + 1
            position = start
            while let scalar = peek(), scalar != "`", scalar != "\n" { _ = scalar; position += 1 }
            guard peek() == "`" else { throw error("token recognition error at: '`'", at: start - 1) }
            position += 1
            return .quotedIdentifier(text(start, position - 1))
        }
        for sign in Self.signs where matches(sign) {
            position += sign.unicodeScalars.count
            return .sign(sign)
        }
        throw error("token recognition error at: '\(first)'", at: position)
    }

    private func matches(_ sign: String) -> Bool {
        var index = position
        for scalar in sign.unicodeScalars {
            guard index < scalars.count, scalars[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    private func text(_ start: Int, _ end: Int) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[start..<end])
        return String(view)
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func number() throws(CELProgram.SyntaxError) -> Token {
        let start = position
        if peek() == "0", peek(1) == "x" || peek(1) == "X" {
            position += 2
            let digits = position
            while let scalar = peek(), scalar.properties.isHexDigit, scalar.isASCII { _ = scalar; position += 1 }
            guard let value = UInt64(text(digits, position), radix: 16) else {
                throw error("invalid int literal", at: start)
            }
            return suffixed(value)
        }
        while let scalar = peek(), Self.isDigit(scalar) { position += 1 }
        var isFraction = false
        if peek() == ".", peek(1).map(Self.isDigit) == true {
            isFraction = true
            position += 1
            while let scalar = peek(), Self.isDigit(scalar) { position += 1 }
        }
        if peek() == "e" || peek() == "E" {
            let ahead = peek(1) == "+" || peek(1) == "-" ? 2 : 1
            if peek(ahead).map(Self.isDigit) == true {
                isFraction = true
                position += ahead
                while let scalar = peek(), Self.isDigit(scalar) { position += 1 }
            }
        }
        if isFraction {
            let digits = text(start, position)
            guard let value = Double(digits.hasPrefix(".") ? "0" + digits : digits) else {
                throw error("invalid double literal", at: start)
            }
            return .double(value)
        }
        guard let value = UInt64(text(start, position)) else { throw error("invalid int literal", at: start) }
        return suffixed(value)
    }

    private mutating func suffixed(_ value: UInt64) -> Token {
        if peek() == "u" || peek() == "U" {
            position += 1
            return .uint(value)
        }
        return .int(value)
    }
}

extension CELLexer {
    private struct StringPrefix {
        var length: Int
        var isRaw: Bool
        var isBytes: Bool
    }

    /// `r`, `b`, both or none before a quote.
    private func stringPrefix() -> StringPrefix? {
        var prefix = StringPrefix(length: 0, isRaw: false, isBytes: false)
        while let scalar = peek(prefix.length), prefix.length < 3 {
            switch scalar {
            case "r" where !prefix.isRaw, "R" where !prefix.isRaw: prefix.isRaw = true
            case "b" where !prefix.isBytes, "B" where !prefix.isBytes: prefix.isBytes = true
            case "\"", "'": return prefix
            default: return nil
            }
            prefix.length += 1
        }
        return nil
    }

    private mutating func string(_ prefix: StringPrefix) throws(CELProgram.SyntaxError) -> Token {
        let start = position
        position += prefix.length
        guard let quote = peek() else { throw error("unterminated string", at: start) }
        let isTriple = peek(1) == quote && peek(2) == quote
        position += isTriple ? 3 : 1
        var bytes: [UInt8] = []
        while true {
            guard let scalar = peek(), isTriple || scalar != "\n" else {
                throw error("unterminated string", at: start)
            }
            if scalar == quote, !isTriple || peek(1) == quote && peek(2) == quote {
                position += isTriple ? 3 : 1
                break
            }
            if scalar == "\\", !prefix.isRaw {
                try escape(isBytes: prefix.isBytes, into: &bytes)
            } else {
                bytes += String(scalar).utf8
                position += 1
            }
        }
        return prefix.isBytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self))
    }

    private mutating func escape(isBytes: Bool, into bytes: inout [UInt8]) throws(CELProgram.SyntaxError) {
        let start = position
        position += 1
        guard let scalar = peek() else { throw error("unterminated string", at: start) }
        position += 1
        func code(_ length: Int, radix: Int) throws(CELProgram.SyntaxError) -> UInt32 {
            guard position + length <= scalars.count,
                let value = UInt32(text(position, position + length), radix: radix)
            else { throw error("invalid escape sequence", at: start) }
            return value
        }
        func append(_ value: UInt32, asByte: Bool) throws(CELProgram.SyntaxError) {
            if asByte, let byte = UInt8(exactly: value) {
                bytes.append(byte)
            } else if let scalar = Unicode.Scalar(value) {
                bytes += String(scalar).utf8
            } else {
                throw error("invalid escape sequence", at: start)
            }
        }
        switch scalar {
        case "a": bytes.append(7)
        case "b": bytes.append(8)
        case "f": bytes.append(12)
        case "n": bytes.append(10)
        case "r": bytes.append(13)
        case "t": bytes.append(9)
        case "v": bytes.append(11)
        case "\\", "\"", "'", "`", "?": bytes += String(scalar).utf8
        case "x", "X":
            try append(try code(2, radix: 16), asByte: isBytes)
            position += 2
        case "u":
            try append(try code(4, radix: 16), asByte: false)
            position += 4
        case "U":
            try append(try code(8, radix: 16), asByte: false)
            position += 8
        case "0"..."3":
            position -= 1
            try append(try code(3, radix: 8), asByte: isBytes)
            position += 3
        default: throw error("invalid escape sequence", at: start)
        }
    }
}
