/// Writes a JSON document as YAML that any parser, of YAML 1.1 or 1.2, reads back as the same document: keys sorted,
/// strings quoted unless they are plain words, text of several lines as a block where nothing in it would be lost.
public enum YAMLText {
    public static func document(_ json: JSON) -> String {
        var text = ""
        append(json, indent: 0, to: &text)
        return text
    }

    /// Appends a block at the given margin, its own first line included, and a line's end.
    private static func append(_ json: JSON, indent: Int, isContinued: Bool = false, to text: inout String) {
        func margin(_ isFirst: Bool) { if !(isFirst && isContinued) { text += String(repeating: " ", count: indent) } }
        switch json {
        case .object(let members) where !members.isEmpty:
            for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                margin(index == 0)
                if key.utf8.count > longestSimpleKey {
                    // A parser looks only so far ahead for the colon.
                    text += "? \(quoted(key))\n\(String(repeating: " ", count: indent))"
                } else {
                    text += scalar(.string(key))
                }
                text += ":"
                if isNested(value) {
                    text += "\n"
                    append(value, indent: value.array != nil ? indent : indent + 2, to: &text)
                } else {
                    appendScalar(value, indent: indent + 2, to: &text)
                }
            }
        case .array(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() {
                margin(index == 0)
                text += "-"
                if isNested(item) {
                    text += " "
                    append(item, indent: indent + 2, isContinued: true, to: &text)
                } else {
                    appendScalar(item, indent: indent + 2, to: &text)
                }
            }
        default:
            margin(true)
            text += "\(scalar(json))\n"
        }
    }

    private static func isNested(_ json: JSON) -> Bool {
        switch json {
        case .object(let members): !members.isEmpty
        case .array(let items): !items.isEmpty
        default: false
        }
    }

    private static func appendScalar(_ json: JSON, indent: Int, to text: inout String) {
        guard case .string(let string) = json, isBlock(string) else {
            text += " \(scalar(json))\n"
            return
        }
        let margin = String(repeating: " ", count: indent)
        text += string.utf8.last == UInt8(ascii: "\n") ? " |\n" : " |-\n"
        var lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            if !line.isEmpty { text += margin + line }
            text += "\n"
        }
    }

    private static func scalar(_ json: JSON) -> String {
        switch json {
        case .string(let text): isPlain(text) ? text : quoted(text)
        case .object: "{}"
        case .array: "[]"
        default: json.text
        }
    }

    static let longestSimpleKey = 1000

    /// Double quotes, with an escape for whatever some version of YAML does not take for itself.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16)
                    let width = scalar.value > 0xFFFF ? 8 : 4
                    result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - hex.count) + hex
                }
            }
        }
        return result + "\""
    }

    /// Neither a control character, nor what YAML 1.1 takes for the end of a line, nor a mark of the byte order.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        case 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// Whether a text is the same again after it stood as a literal block: its first line begins with a character, it ends
    /// with one line's end or none, and there is nothing in it that a block cannot hold.
    private static func isBlock(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: " "), first != UInt8(ascii: "\n"),
            first != UInt8(ascii: "\t")
        else {
            return false
        }
        guard text.utf8.contains(UInt8(ascii: "\n")), !text.hasSuffix("\n\n") else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
    }

    private static let reserved: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]

    /// Words that no YAML version takes for anything but a string.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        let letters = (UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"))
        guard letters.0.contains(first) || letters.1.contains(first), last != UInt8(ascii: ":"),
            last != UInt8(ascii: " ")
        else {
            return false
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return false }
        if text.utf8.count <= 5, reserved.contains(text.lowercased()) { return false }
        return !text.contains(": ") && !text.contains(" #")
    }
}
