public import KubernetesModel

/// Which fields an object must have: `metadata.name=a,spec.mode!=Fast`.
public struct FieldSelector: Sendable, Hashable {
    private struct Term: Sendable, Hashable {
        var field: String
        var path: [String]
        var value: String
        var isEqual: Bool
    }

    private var terms: [Term] = []

    /// - Parameter supported: the keys below the object, by the field's name, beside name and namespace.
    /// - Throws: a 400 for a term that is none, or a field that the kind does not have.
    public init(parsing text: String, supported: [String: [String]], type: ResourceType) throws(MachineryError) {
        let common = ["metadata.name": ["metadata", "name"], "metadata.namespace": ["metadata", "namespace"]]
        for part in text.split(separator: ",") {
            guard let found = part.firstRange(of: "!=") ?? part.firstRange(of: "==") ?? part.firstRange(of: "=") else {
                throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            let field = String(part[..<found.lowerBound])
            guard let path = common[field] ?? supported[field] else {
                throw .badRequest("field label not supported: \(field)")
            }
            terms.append(
                Term(
                    field: field, path: path, value: String(part[found.upperBound...]),
                    isEqual: part[found] != "!="))
        }
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
}
