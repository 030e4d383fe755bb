import KubernetesModel

/// JSON whose members keep their order: discovery documents are compared as text by their readers, and Kubernetes writes
/// them in the order of its structures.
enum OrderedJSON: Sendable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    case string(String)
    case bool(Bool)
    case array([OrderedJSON])
    case object([(String, OrderedJSON)])

    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(dictionaryLiteral elements: (String, OrderedJSON)...) { self = .object(elements) }
    init(arrayLiteral elements: OrderedJSON...) { self = .array(elements) }

    static func strings(_ values: [String]) -> OrderedJSON { .array(values.map { .string($0) }) }

    /// With another member, unless the value is nil.
    func adding(_ key: String, _ value: OrderedJSON?) -> OrderedJSON {
        guard case .object(let members) = self, let value else { return self }
        return .object(members + [(key, value)])
    }

    var bytes: [UInt8] {
        var result: [UInt8] = []
        append(to: &result)
        return result
    }

    private func append(to result: inout [UInt8]) {
        switch self {
        case .string(let text): JSONText.append(string: text, to: &result)
        case .bool(let value): result += Array((value ? "true" : "false").utf8)
        case .array(let items):
            result.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                item.append(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            for (index, (key, value)) in members.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                JSONText.append(string: key, to: &result)
                result.append(UInt8(ascii: ":"))
                value.append(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }
}
