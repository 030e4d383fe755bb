public import KubernetesModel
import Yams

/// Reads manifests as `kubectl` does: YAML 1.1's plain words for truth and nothing, whole and broken numbers, merge keys;
/// everything quoted is text, and so is a time.
public enum ManifestYAML {
    public struct Problem: Error, CustomStringConvertible {
        public var description: String
    }

    /// The documents of a text, empty ones left out.
    public static func documents(_ text: String) throws -> [JSON] {
        try Yams.compose_all(yaml: text).map { try json($0, depth: 0) }.filter { !$0.isNull }
    }

    private static func json(_ node: Node, depth: Int) throws -> JSON {
        guard depth < 100 else { throw Problem(description: "it is nested more than 100 deep") }
        switch node {
        case .scalar(let scalar):
            guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
            return plain(scalar.string)
        case .sequence(let sequence): return .array(try sequence.map { try json($0, depth: depth + 1) })
        case .mapping(let mapping):
            var members: [String: JSON] = [:]
            for (key, value) in mapping {
                guard let name = key.scalar?.string else { throw Problem(description: "a key is not a word") }
                let value = try json(value, depth: depth + 1)
                if name == "<<", key.scalar?.style == .plain {
                    for merged in value.array ?? [value] { members.merge(merged.object ?? [:]) { own, _ in own } }
                } else {
                    members[name] = value
                }
            }
            return .object(members)
        case .alias: throw Problem(description: "an alias names no anchor")
        }
    }

    private static func plain(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, (48...57).contains(first) || first == 43 || first == 45 || first == 46 else {
            return .string(text)
        }
        let isNegative = first == 45
        let digits = (first == 43 || first == 45 ? text.dropFirst() : text[...]).filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where digits.hasPrefix(prefix) {
            let value = digits.dropFirst(2)
            guard value.first != "+", value.first != "-", let number = Int64(value, radix: radix) else {
                return .string(text)
            }
            return .integer(isNegative ? -number : number)
        }
        if !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) {
            // 0644 is octal, as in a file mode.
            let isOctal = digits.count > 1 && digits.hasPrefix("0")
            if isOctal, let number = Int64(digits, radix: 8) { return .integer(isNegative ? -number : number) }
            if !isOctal, let number = Int64((isNegative ? "-" : "") + digits) { return .integer(number) }
        }
        let isNumeric = digits.utf8.allSatisfy { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
        if isNumeric, digits.utf8.contains(where: { (48...57).contains($0) }),
            let number = Double((isNegative ? "-" : "") + digits)
        {
            return .number(number)
        }
        return .string(text)
    }
}
