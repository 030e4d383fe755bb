public import KubernetesModel

/// Writes a JSON document as YAML that any parser reads back as the same document: keys sorted, strings quoted unless
/// they are plain words.
public enum YAMLText {
    public static func document(_ json: JSON) -> String { block(json, indent: 0) }

    private static func block(_ json: JSON, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        switch json {
        case .object(let members) where !members.isEmpty:
            return members.sorted { $0.key < $1.key }
                .map { key, value in
                    isNested(value)
                        ? "\(margin)\(scalar(.string(key))):\n" + block(value, indent: isList(value) ? indent : indent + 2)
                        : "\(margin)\(scalar(.string(key))): \(scalar(value))\n"
                }.joined()
        case .array(let items) where !items.isEmpty:
            return items.map { item in
                guard isNested(item) else { return "\(margin)- \(scalar(item))\n" }
                return "\(margin)- " + block(item, indent: indent + 2).dropFirst(indent + 2)
            }.joined()
        default:
            return "\(margin)\(scalar(json))\n"
        }
    }

    private static func isList(_ json: JSON) -> Bool { json.array != nil }

    private static func isNested(_ json: JSON) -> Bool {
        switch json {
        case .object(let members): !members.isEmpty
        case .array(let items): !items.isEmpty
        default: false
        }
    }

    private static func scalar(_ json: JSON) -> String {
        switch json {
        case .string(let text): isPlain(text) ? text : JSON.string(text).text
        case .object: "{}"
        case .array: "[]"
        default: json.text
        }
    }

    /// Words that no YAML version takes for anything but a string.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        let letters = (UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"))
        guard letters.0.contains(first) || letters.1.contains(first), last != UInt8(ascii: ":"), last != UInt8(ascii: " ") else {
            return false
        }
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        guard !reserved.contains(text.lowercased()), !text.contains(": "), !text.contains(" #") else { return false }
        return text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f }
    }
}
