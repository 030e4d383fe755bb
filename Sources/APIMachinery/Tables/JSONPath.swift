public import KubernetesModel

/// kubectl's JSONPath: `.status.conditions[?(@.type=="Ready")].status`, with or without braces.
public struct JSONPath: Sendable {
    public struct SyntaxError: Error, Sendable, Hashable {
        public var message: String
    }

    private enum Part: Sendable {
        case key(String)
        case index(Int)
        case wildcard
        /// Keys below an item, and the text that they must have.
        case filter([String], String)
    }

    private var parts: [Part] = []

    public init(parsing text: String) throws(SyntaxError) {
        var rest = Substring(text)
        if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
        if rest.hasPrefix("$") { rest = rest.dropFirst() }
        while let first = rest.first {
            switch first {
            case ".":
                rest = rest.dropFirst()
                let name = Self.takeName(&rest)
                guard !name.isEmpty || rest.isEmpty || rest.first == "[" else {
                    throw SyntaxError(message: "\"\(text)\" has an empty name")
                }
                if name == "*" { parts.append(.wildcard) } else if !name.isEmpty { parts.append(.key(name)) }
            case "[":
                guard let end = rest.firstIndex(of: "]") else { throw SyntaxError(message: "\"\(text)\" lacks a ]") }
                parts.append(try Self.bracket(rest[rest.index(after: rest.startIndex)..<end], text))
                rest = rest[rest.index(after: end)...]
            default: throw SyntaxError(message: "\"\(text)\": \"\(first)\" is not expected here")
            }
        }
    }

    /// Up to the next dot or bracket; `\.` is a dot of the name.
    private static func takeName(_ rest: inout Substring) -> String {
        var name = ""
        while let next = rest.first, next != ".", next != "[" {
            rest = rest.dropFirst()
            if next == "\\", let escaped = rest.first {
                name.append(escaped)
                rest = rest.dropFirst()
            } else {
                name.append(next)
            }
        }
        return name
    }

    private static func bracket(_ inner: Substring, _ text: String) throws(SyntaxError) -> Part {
        if inner == "*" { return .wildcard }
        if let index = Int(inner) { return .index(index) }
        if inner.hasPrefix("?("), inner.hasSuffix(")"), let equals = inner.firstRange(of: "==") {
            let left = inner[..<equals.lowerBound].dropFirst(2).filter { $0 != " " }
            let right = inner[equals.upperBound...].dropLast()
            guard left.hasPrefix("@.") else { throw SyntaxError(message: "\"\(text)\": a filter starts with @.") }
            return .filter(left.dropFirst(2).split(separator: ".").map(String.init), unquoted(right))
        }
        let name = unquoted(inner)
        guard !name.isEmpty, name.count < inner.count else {
            throw SyntaxError(message: "\"\(text)\": [\(inner)] is not understood")
        }
        return .key(name)
    }

    private static func unquoted(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else {
            return String(text)
        }
        return String(text.dropFirst().dropLast())
    }

    /// The values found, in order; none when something on the way is missing.
    public func find(in object: JSON) -> [JSON] {
        parts.reduce([object]) { found, part in found.flatMap { Self.step($0, part) } }
    }

    private static func step(_ value: JSON, _ part: Part) -> [JSON] {
        switch part {
        case .key(let name): return value[name].map { [$0] } ?? []
        case .index(let index):
            let items = value.array ?? []
            let position = index < 0 ? items.count + index : index
            return items.indices.contains(position) ? [items[position]] : []
        case .wildcard: return value.array ?? (value.object ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        case .filter(let keys, let wanted):
            return (value.array ?? []).filter { item in
                let found = keys.reduce(Optional(item)) { value, key in value.flatMap { $0[key] } }
                return found.map { $0.string ?? $0.text } == wanted
            }
        }
    }
}
