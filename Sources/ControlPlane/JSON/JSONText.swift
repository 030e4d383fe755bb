import KubernetesModel

/// JSON text as the server reads and writes it: one pass over the bytes, fast enough that a list of thousands of objects
/// can be filtered, and strict enough to name what is wrong.
enum JSONText {
    /// Deeper documents are refused: each level costs stack.
    static let maximumDepth = 256

    /// What a document is refused for. The messages are those that Kubernetes users know.
    struct ParseError: Error, Sendable, Hashable {
        var message: String
    }

    /// Parses one whole document.
    static func parse(_ bytes: [UInt8]) throws(ParseError) -> JSON {
        var ignored: [String] = []
        return try parse(bytes, duplicates: &ignored)
    }

    /// Parses one whole document and notes the paths of fields that occur twice (the last one counts).
    static func parse(_ bytes: [UInt8], duplicates: inout [String]) throws(ParseError) -> JSON {
        var reader = JSONReader(bytes)
        let value = try reader.document()
        duplicates = reader.duplicates
        return value
    }

    static func parse(_ text: String) throws(ParseError) -> JSON { try parse(Array(text.utf8)) }

    /// The document with sorted keys.
    static func bytes(_ value: JSON) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(512)
        append(value, to: &result)
        return result
    }

    static func append(_ value: JSON, to result: inout [UInt8]) {
        switch value {
        case .null: result.append(contentsOf: "null".utf8)
        case .bool(let value): result.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): result.append(contentsOf: String(value).utf8)
        case .number(let value): append(number: value, to: &result)
        case .string(let value): append(string: value, to: &result)
        case .array(let items):
            result.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                append(item, to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            var isFirst = true
            for (key, item) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                if !isFirst { result.append(UInt8(ascii: ",")) }
                isFirst = false
                append(string: key, to: &result)
                result.append(UInt8(ascii: ":"))
                append(item, to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }

    /// A whole number is written without a fraction, as Go does; what is not finite cannot be written.
    private static func append(number: Double, to result: inout [UInt8]) {
        if let whole = Int64(exactly: number) {
            result.append(contentsOf: String(whole).utf8)
        } else {
            // Go writes an exponent without leading zeros.
            let text = number.isFinite ? "\(number)".replacing("e-0", with: "e-") : "null"
            result.append(contentsOf: text.utf8)
        }
    }

    static func append(string: String, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): result.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): result.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): result.append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\r"): result.append(contentsOf: #"\r"#.utf8)
            case UInt8(ascii: "\t"): result.append(contentsOf: #"\t"#.utf8)
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                result.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
    }
}
