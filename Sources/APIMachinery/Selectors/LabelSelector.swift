public import KubernetesModel

/// Which labels an object must have: kubectl's text form, or `matchLabels` and `matchExpressions`.
public struct LabelSelector: Sendable, Hashable {
    private enum Requirement: Sendable, Hashable {
        case isIn(String, Set<String>)
        case notIn(String, Set<String>)
        case exists(String)
        case absent(String)

        func holds(_ labels: [String: String]) -> Bool {
            switch self {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            // An object without the label is not one of those.
            case .notIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            }
        }
    }

    private var requirements: [Requirement] = []

    public init(parsing text: String) throws(MachineryError) {
        for part in Self.split(text) {
            let part = Self.trim(part)
            if part.isEmpty { continue }
            requirements.append(Self.requirement(part))
        }
    }

    /// As the API has it: an empty selector matches everything, an absent one nothing.
    public init(_ selector: JSON?) {
        guard let selector, !selector.isNull else {
            requirements = [.isIn("", [])]
            return
        }
        for (key, value) in selector["matchLabels"]?.object ?? [:] { requirements.append(.isIn(key, [value.string ?? ""])) }
        for expression in selector["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = Set((expression["values"]?.array ?? []).compactMap(\.string))
            switch expression["operator"]?.string {
            case "In": requirements.append(.isIn(key, values))
            case "NotIn": requirements.append(.notIn(key, values))
            case "DoesNotExist": requirements.append(.absent(key))
            default: requirements.append(.exists(key))
            }
        }
    }

    public func matches(_ labels: [String: String]) -> Bool { requirements.allSatisfy { $0.holds(labels) } }
    public func matches(labels: JSON?) -> Bool { matches((labels?.object ?? [:]).compactMapValues(\.string)) }
    public var isEmpty: Bool { requirements.isEmpty }

    private static func requirement(_ part: String) -> Requirement {
        for (word, isIn) in [(" notin ", false), (" in ", true)] {
            guard let found = part.firstRange(of: word) else { continue }
            let values = trim(String(part[found.upperBound...])).dropFirst().dropLast().split(separator: ",").map { trim(String($0)) }
            let key = trim(String(part[..<found.lowerBound]))
            return isIn ? .isIn(key, Set(values)) : .notIn(key, Set(values))
        }
        if let found = part.firstRange(of: "!=") {
            return .notIn(trim(String(part[..<found.lowerBound])), [trim(String(part[found.upperBound...]))])
        }
        if let found = part.firstRange(of: "==") ?? part.firstRange(of: "=") {
            return .isIn(trim(String(part[..<found.lowerBound])), [trim(String(part[found.upperBound...]))])
        }
        return part.hasPrefix("!") ? .absent(trim(String(part.dropFirst()))) : .exists(part)
    }

    /// At the commas that are not inside of parentheses.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    private static func trim(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
