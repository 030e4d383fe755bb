import Foundation

/// Functions by name. nil: there is none for these operands.
enum CELMethods {
    typealias Failure = CELProgram.Failure

    static func function(_ name: String, _ values: [CELValue]) throws(Failure) -> CELValue? {
        switch (name, values.count) {
        case ("!_", 1):
            guard case .bool(let value) = values[0] else { return nil }
            return .bool(!value)
        case ("-_", 1): return try negated(values[0])
        case ("optional.none", 0): return .optional(nil)
        case ("optional.of", 1): return .optional(values[0])
        case ("optional.ofNonZeroValue", 1): return .optional(isZero(values[0]) ? nil : values[0])
        case ("sets.contains", 2):
            guard let all = values[0].items, let some = values[1].items else { return nil }
            return .bool(some.allSatisfy { all.contains($0) })
        case ("sets.intersects", 2):
            guard let left = values[0].items, let right = values[1].items else { return nil }
            return .bool(left.contains { right.contains($0) })
        case ("sets.equivalent", 2):
            guard let left = values[0].items, let right = values[1].items else { return nil }
            return .bool(left.allSatisfy { right.contains($0) } && right.allSatisfy { left.contains($0) })
        case (_, 1): return try conversion(name, values[0])
        default: return nil
        }
    }

    private static func conversion(_ name: String, _ value: CELValue) throws(Failure) -> CELValue? {
        switch (name, value) {
        case ("size", _): return size(value)
        case ("url", .string(let text)):
            guard let url = CELURL(parsing: text) else {
                throw Failure(
                    message:
                        "URL parse error during conversion from string: parse \(GoFormat.quoted(text)): invalid URI for request"
                )
            }
            return .url(url)
        case ("isURL", .string(let text)): return .bool(CELURL(parsing: text) != nil)
        case ("quantity", .string(let text)):
            guard let quantity = CELQuantity(parsing: text) else {
                throw Failure(message: "quantities must match the regular expression of Kubernetes: \(text)")
            }
            return .quantity(quantity)
        case ("isQuantity", .string(let text)): return .bool(CELQuantity(parsing: text) != nil)
        case ("isIP", .string(let text)): return .bool(StringFormat.isIPv4(text) || StringFormat.isIPv6(text))
        case ("isCIDR", .string(let text)): return .bool(StringFormat.isCIDR(text))
        default: return try CELConversions.convert(name, value)
        }
    }

    static func call(_ name: String, _ target: CELValue, _ values: [CELValue]) throws(Failure) -> CELValue? {
        switch target {
        case .string(let text):
            return name == "size" ? size(target) : try CELText.call(name, text, values)
        case .optional(let held): return try optional(name, held, values)
        case .timestamp(let time): return CELTimeParts.call(name, time, values)
        case .duration(let span) where values.isEmpty: return CELTimeParts.call(name, span)
        case .url(let url) where values.isEmpty: return self.url(name, url)
        case .quantity(let quantity): return try self.quantity(name, quantity, values)
        default: break
        }
        if name == "size", values.isEmpty { return size(target) }
        guard let items = target.items else { return nil }
        return try list(name, items, values)
    }

    private static func optional(
        _ name: String, _ held: CELValue?, _ values: [CELValue]
    ) throws(Failure) -> CELValue? {
        switch (name, values.count) {
        case ("hasValue", 0): return .bool(held != nil)
        case ("value", 0):
            guard let held else { throw Failure(message: "optional.none() dereference") }
            return held
        default: return nil
        }
    }

    private static func list(_ name: String, _ items: [CELValue], _ values: [CELValue]) throws(Failure) -> CELValue? {
        switch (name, values.count) {
        case ("isSorted", 0):
            return .bool(zip(items, items.dropFirst()).allSatisfy { CELOperators.order($0, $1) != .greater })
        case ("min", 0), ("max", 0):
            guard !items.isEmpty else { throw Failure(message: "\(name) called on empty list") }
            return extreme([.list(items)], name == "min" ? .less : .greater)
        case ("sum", 0):
            guard var total = items.first else { return .int(0) }
            for item in items.dropFirst() {
                guard let next = try CELOperators.arithmetic("+", total, item) else { return nil }
                total = next
            }
            return total
        case ("indexOf", 1): return .int(Int64(items.firstIndex(of: values[0]) ?? -1))
        case ("lastIndexOf", 1): return .int(Int64(items.lastIndex(of: values[0]) ?? -1))
        case ("join", 0...1):
            let separator = values.first.flatMap(CELConversions.string) ?? ""
            var parts: [String] = []
            for item in items {
                guard case .string(let text) = item else { return nil }
                parts.append(text)
            }
            return .string(parts.joined(separator: separator))
        default: return nil
        }
    }

    private static func extreme(_ values: [CELValue], _ wanted: CELNumber.Order) -> CELValue? {
        let items = values.count == 1 ? values[0].items ?? values : values
        return items.dropFirst().reduce(items.first) { best, item in
            best.flatMap { best in CELOperators.order(item, best).map { $0 == wanted ? item : best } }
        }
    }

    static func size(_ value: CELValue) -> CELValue? {
        switch value {
        case .string(let text): return .int(Int64(text.unicodeScalars.count))
        case .bytes(let bytes): return .int(Int64(bytes.count))
        case .list(let items): return .int(Int64(items.count))
        case .array(let items, _): return .int(Int64(items.count))
        case .map(let entries): return .int(Int64(entries.count))
        case .object(let members, _): return .int(Int64(members.count))
        default: return nil
        }
    }

    private static func negated(_ value: CELValue) throws(Failure) -> CELValue? {
        switch value {
        case .int: return try CELOperators.arithmetic("-", .int(0), value)
        case .double(let number): return .double(-number)
        case .duration: return try CELOperators.arithmetic("-", .duration(0), value)
        default: return nil
        }
    }

    private static func isZero(_ value: CELValue) -> Bool {
        switch value {
        case .null: return true
        case .bool(let value): return !value
        case .int, .uint, .double: return value == .int(0)
        case .optional(let held): return held == nil
        default: return size(value) == .int(0)
        }
    }

    private static func url(_ name: String, _ url: CELURL) -> CELValue? {
        switch name {
        case "getScheme": .string(url.components.scheme ?? "")
        case "getHost": .string(url.host)
        case "getHostname": .string(url.hostname)
        case "getPort": .string(url.components.port.map(String.init) ?? "")
        case "getEscapedPath": .string(url.components.percentEncodedPath)
        case "getQuery": .map(url.query)
        default: nil
        }
    }

    private static func quantity(
        _ name: String, _ quantity: CELQuantity, _ values: [CELValue]
    ) throws(Failure) -> CELValue? {
        switch (name, values.first) {
        case ("sign", nil): return .int(quantity.value > 0 ? 1 : quantity.value < 0 ? -1 : 0)
        case ("isInteger", nil): return .bool(quantity.integer != nil)
        case ("asInteger", nil):
            guard let whole = quantity.integer else { throw Failure(message: "cannot convert value to integer") }
            return .int(whole)
        case ("asApproximateFloat", nil): return .double(quantity.double)
        case ("isGreaterThan", .quantity(let other)?): return .bool(quantity.value > other.value)
        case ("isLessThan", .quantity(let other)?): return .bool(quantity.value < other.value)
        case ("compareTo", .quantity(let other)?):
            return .int(quantity.value < other.value ? -1 : quantity.value > other.value ? 1 : 0)
        case ("add", .quantity(let other)?): return .quantity(CELQuantity(quantity.value + other.value))
        case ("sub", .quantity(let other)?): return .quantity(CELQuantity(quantity.value - other.value))
        default: return nil
        }
    }
}
