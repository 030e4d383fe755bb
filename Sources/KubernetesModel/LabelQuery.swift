/// `metav1.LabelSelector`: labels that an object must have, and rules for them. All of them hold.
public struct LabelQuery: Codable, Sendable, Hashable {
    public enum Operator: String, Codable, Sendable, Hashable, CaseIterable {
        case isIn = "In"
        case notIn = "NotIn"
        case exists = "Exists"
        case doesNotExist = "DoesNotExist"
    }

    public struct Expression: Codable, Sendable, Hashable {
        public var key: String
        public var `operator`: Operator
        /// For `In` and `NotIn` alone, and there at least one.
        public var values: [String]?

        public init(key: String, operator: Operator, values: [String]? = nil) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }
    }

    public var matchLabels: [String: String]?
    public var matchExpressions: [Expression]?

    public init(matchLabels: [String: String]? = nil, matchExpressions: [Expression]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    private var expressions: [Expression] {
        (matchLabels ?? [:]).sorted { $0.key < $1.key }.map {
            Expression(key: $0.key, operator: .isIn, values: [$0.value])
        }
            + (matchExpressions ?? [])
    }

    /// By Kubernetes' rules: `NotIn` holds for an object without the label too.
    public func matches(_ labels: [String: String]) -> Bool {
        expressions.allSatisfy { expression in
            let value = labels[expression.key]
            let values = expression.values ?? []
            return switch expression.operator {
            case .isIn: value.map(values.contains) ?? false
            case .notIn: !(value.map(values.contains) ?? false)
            case .exists: value != nil
            case .doesNotExist: value == nil
            }
        }
    }

    /// The query parameter `labelSelector`; nil when everything matches.
    public var text: String? {
        let parts = expressions.map { expression in
            let values = (expression.values ?? []).joined(separator: ",")
            return switch expression.operator {
            case .isIn: "\(expression.key) in (\(values))"
            case .notIn: "\(expression.key) notin (\(values))"
            case .exists: expression.key
            case .doesNotExist: "!\(expression.key)"
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }

    /// What is wrong with it: a key or value that no label can have would mean another query than it says. Nil when nothing is.
    public var complaint: String? {
        func isName(_ text: Substring) -> Bool {
            let edge = text.utf8.first.map(Self.isAlphanumeric) ?? false
            return edge && (text.utf8.last.map(Self.isAlphanumeric) ?? false) && text.utf8.count <= 63
                && text.utf8.allSatisfy { Self.isAlphanumeric($0) || [45, 46, 95].contains($0) }
        }
        for expression in expressions {
            let parts = expression.key.split(separator: "/", omittingEmptySubsequences: false)
            let prefix = parts.count == 2 ? parts[0] : "a"
            let isPrefix =
                !prefix.isEmpty && prefix.utf8.count <= 253
                && prefix.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isName)
            guard (1...2).contains(parts.count), isPrefix, isName(parts[parts.count - 1]) else {
                return "\"\(expression.key)\" is not the key of a label"
            }
            for value in expression.values ?? [] where !value.isEmpty && !isName(value[...]) {
                return "\"\(value)\" is not the value of a label"
            }
            let needsValues = expression.operator == .isIn || expression.operator == .notIn
            if needsValues == (expression.values ?? []).isEmpty {
                return
                    "\"\(expression.key)\": \(expression.operator.rawValue) \(needsValues ? "needs" : "takes no") values"
            }
        }
        return nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
