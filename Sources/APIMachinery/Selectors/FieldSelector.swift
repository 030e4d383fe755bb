public import KubernetesModel

/// Which fields an object must have: `metadata.name=a,spec.mode!=Fast`. `\,`, `\=` and `\\` stand for the signs themselves.
public struct FieldSelector: Sendable, Hashable {
    private struct Term: Sendable, Hashable {
        var field: String
        var path: [String]
        var value: String
        var isEqual: Bool
    }

    private var terms: [Term] = []

    private static let common = [
        "metadata.name": ["metadata", "name"], "metadata.namespace": ["metadata", "namespace"],
    ]

    /// - Parameter supported: the keys below the object, by the field's name, beside name and namespace.
    /// - Throws: a 400 for a term that is none, or a field that the kind does not have.
    public init(parsing text: String, supported: [String: [String]], type: ResourceType) throws(MachineryError) {
        for part in Self.split(text).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !part.isEmpty {
            guard let (field, sign, value) = Self.term(part) else {
                throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            terms.append(
                Term(field: field, path: [], value: try Self.unescaped(value), isEqual: sign != "!="))
        }
        // What the kind does not have is said only when the whole text could be read.
        for index in terms.indices {
            let field = terms[index].field
            guard let path = Self.common[field] ?? supported[field] else {
                throw .badRequest(Self.unknown(field, supported, type))
            }
            terms[index].path = path
        }
    }

    private static func unknown(_ field: String, _ supported: [String: [String]], _ type: ResourceType) -> String {
        if type.group == "batch" { return "field label \(GoFormat.quoted(field)) not supported for \(type.kind)" }
        // Built-in kinds without fields of their own name what there is.
        let isBuiltIn = !type.group.contains(".") || type.group.hasSuffix(".k8s.io")
        guard isBuiltIn, supported.isEmpty else { return "field label not supported: \(field)" }
        return "\(GoFormat.quoted(field)) is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    }

    public func matches(_ object: JSON) -> Bool {
        terms.allSatisfy { term in
            let found = term.path.reduce(Optional(object)) { value, key in value.flatMap { $0[key] } }
            return ((found.map { $0.string ?? $0.text } ?? "") == term.value) == term.isEqual
        }
    }

    /// The one name that is asked for, if one is.
    public var name: String? { terms.first { $0.field == "metadata.name" && $0.isEqual }?.value }
    public var isEmpty: Bool { terms.isEmpty }

    /// At the commas without a backslash before them. The backslashes stay.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text.unicodeScalars {
            if character == ",", !isEscaped {
                parts.append("")
            } else {
                parts[parts.count - 1].unicodeScalars.append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    /// At the first sign of comparison.
    private static func term(_ part: String) -> (field: String, sign: String, value: String)? {
        var rest = part[...]
        while !rest.isEmpty {
            for sign in ["!=", "==", "="] where rest.hasPrefix(sign) {
                return (String(part[..<rest.startIndex]), sign, String(rest.dropFirst(sign.count)))
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func unescaped(_ value: String) throws(MachineryError) -> String {
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in value.unicodeScalars {
            if isEscaped {
                guard ["\\", ",", "="].contains(scalar) else {
                    throw .badRequest("invalid field selector: invalid escape sequence: \\\(scalar)")
                }
                result.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," || scalar == "=" {
                throw .badRequest("invalid field selector: unescaped character in value: \(scalar.value)")
            } else {
                result.append(scalar)
            }
        }
        if isEscaped { throw .badRequest(#"invalid field selector: invalid escape sequence: \"#) }
        return String(result)
    }
}
