public import KubernetesModel

/// Which labels an object must have: kubectl's text form, or `matchLabels` and `matchExpressions`.
public struct LabelSelector: Sendable, Hashable {
    enum Requirement: Sendable, Hashable {
        case isIn(String, Set<String>)
        case notIn(String, Set<String>)
        case exists(String)
        case absent(String)
        case greater(String, Int64)
        case less(String, Int64)

        func holds(_ labels: [String: String]) -> Bool {
            switch self {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            // An object without the label is not one of those.
            case .notIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            case .greater(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 > bound } ?? false
            case .less(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 < bound } ?? false
            }
        }
    }

    private var requirements: [Requirement]

    /// `app=web,tier in (gold,silver),!old`, in the grammar of Kubernetes.
    /// - Throws: a 400 with Kubernetes' words for a text that is none.
    public init(parsing text: String) throws(MachineryError) {
        do {
            requirements = try LabelSelectorParser.parse(text)
        } catch {
            throw .badRequest(error.message)
        }
    }

    /// As the API has it: an empty selector matches everything, an absent one nothing.
    public init(_ selector: JSON?) {
        guard let selector, !selector.isNull else {
            requirements = [.isIn("", [])]
            return
        }
        requirements = (selector["matchLabels"]?.object ?? [:]).map { .isIn($0.key, [$0.value.string ?? ""]) }
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
}
