import KubernetesModel

/// A recursive-descent reader of RFC 8259 text.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    /// The path to where the reader is, for the report of duplicates.
    private var path = ""
    private(set) var duplicates: [String] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    typealias Failure = JSONText.ParseError

    mutating func document() throws(Failure) -> JSON {
        let result = try value()
        skipSpace()
        if position < bytes.count { throw unexpected("after top-level value") }
        return result
    }

    private mutating func value() throws(Failure) -> JSON {
        skipSpace()
        guard position < bytes.count else { throw end }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try nested(Self.object)
        case UInt8(ascii: "["): return try nested(Self.array)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(Failure) -> JSON
    ) throws(Failure) -> JSON {
        depth += 1
        if depth > JSONText.maximumDepth { throw Failure(message: "exceeded max depth") }
        position += 1
        let result = try read(&self)
        depth -= 1
        return result
    }

    private static func object(_ reader: inout JSONReader) throws(Failure) -> JSON {
        var members: [String: JSON] = [:]
        let outer = reader.path
        reader.skipSpace()
        if reader.take("}") { return .object(members) }
        while true {
            reader.skipSpace()
            guard reader.position < reader.bytes.count else { throw reader.end }
            guard reader.bytes[reader.position] == UInt8(ascii: "\"") else {
                throw reader.unexpected("looking for beginning of object key string")
            }
            let key = try reader.string()
            reader.skipSpace()
            guard reader.take(":") else { throw reader.unexpected("after object key") }
            reader.path = outer.isEmpty ? key : "\(outer).\(key)"
            let value = try reader.value()
            if members.updateValue(value, forKey: key) != nil { reader.duplicates.append(reader.path) }
            reader.path = outer
            reader.skipSpace()
            if reader.take(",") { continue }
            if reader.take("}") { return .object(members) }
            throw reader.unexpected("after object key:value pair")
        }
    }

    private static func array(_ reader: inout JSONReader) throws(Failure) -> JSON {
        var items: [JSON] = []
        let outer = reader.path
        reader.skipSpace()
        if reader.take("]") { return .array(items) }
        while true {
            reader.path = "\(outer)[\(items.count)]"
            items.append(try reader.value())
            reader.path = outer
            reader.skipSpace()
            if reader.take(",") { continue }
            if reader.take("]") { return .array(items) }
            throw reader.unexpected("after array element")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(Failure) -> JSON {
        let isThere = text.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard isThere else { throw unexpected("in literal \(text)") }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(Failure) -> JSON {
        let start = position
        var isWhole = true
        _ = take("-")
        guard position < bytes.count else { throw end }
        if take("0") {
        } else if !digits() {
            throw unexpected("in numeric literal")
        }
        if take(".") {
            isWhole = false
            if !digits() { throw position < bytes.count ? unexpected("after decimal point in numeric literal") : end }
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            if !digits() { throw position < bytes.count ? unexpected("in exponent of numeric literal") : end }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let whole = Int64(text) { return .integer(whole) }
        guard let value = Double(text), value.isFinite else {
            throw Failure(message: "number \(text) is out of range")
        }
        return .number(value)
    }

    private mutating func digits() -> Bool {
        let start = position
        while position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") {
            position += 1
        }
        return position > start
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        // Most strings have no escapes and are taken in one piece.
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\"),
            bytes[position] >= 0x20
        { position += 1 }
        guard position < bytes.count else { throw end }
        var text = String(decoding: bytes[start..<position], as: UTF8.self)
        if take("\"") { return text }
        var pieces = Array(text.utf8)
        while true {
            guard position < bytes.count else { throw end }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\\") {
                try escape(into: &pieces)
            } else if byte < 0x20 {
                throw unexpected("in string literal")
            } else {
                position += 1
                if byte == UInt8(ascii: "\"") { break }
                pieces.append(byte)
            }
        }
        text = String(decoding: pieces, as: UTF8.self)
        return text
    }

    private mutating func escape(into pieces: inout [UInt8]) throws(Failure) {
        position += 1
        guard position < bytes.count else { throw end }
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): pieces.append(byte)
        case UInt8(ascii: "b"): pieces.append(8)
        case UInt8(ascii: "f"): pieces.append(12)
        case UInt8(ascii: "n"): pieces.append(10)
        case UInt8(ascii: "r"): pieces.append(13)
        case UInt8(ascii: "t"): pieces.append(9)
        case UInt8(ascii: "u"):
            position += 1
            pieces.append(contentsOf: String(try unicode()).utf8)
            return
        default: throw unexpected("in string escape code")
        }
        position += 1
    }

    /// The scalar of one `\uXXXX`, or of a pair of surrogates; a lone surrogate becomes U+FFFD, as in Go.
    private mutating func unicode() throws(Failure) -> Unicode.Scalar {
        let first = try hex()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let mark = position
        position += 2
        let second = try hex()
        if (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        {
            return scalar
        }
        position = mark
        return "\u{FFFD}"
    }

    private mutating func hex() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw end }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw unexpected("in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private var end: Failure { Failure(message: "unexpected end of JSON input") }

    private func unexpected(_ context: String) -> Failure {
        guard position < bytes.count else { return end }
        let rest = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
        return Failure(message: "invalid character '\(rest.prefix(1))' \(context)")
    }
}
