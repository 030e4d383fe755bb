public import KubernetesModel

/// An OpenAPI v3 schema as CustomResourceDefinitions carry it, parsed once and used for every object of a kind.
/// The built-in kinds are described with it too (``BuiltInSchemas``).
public struct StructuralSchema: Sendable {
    /// The schema's text as given.
    public let json: JSON

    /// - Parameters:
    ///   - json: `openAPIV3Schema`.
    ///   - isResource: whether it is that of a whole object, whose `apiVersion`, `kind` and `metadata` need no mention.
    public init(_ json: JSON, isResource: Bool = true) {
        self.json = json
    }

    /// Removes the fields that the schema does not know.
    /// - Returns: their paths, sorted: `spec.sise`, `spec.parts[0].x`.
    @discardableResult
    public func prune(_ object: inout JSON) -> [String] { [] }

    /// What strict and warning field validation say: `unknown field "spec.sise"`.
    public func unknownFields(in object: JSON) -> [String] { [] }

    /// Fills in `default` where a field is absent (or null and not nullable).
    public func applyDefaults(to object: inout JSON) {}

    /// Checks the values against the schema and, when they fit, the CEL rules; with `old`, transition rules too.
    public func validate(_ object: JSON, old: JSON? = nil) -> [FieldError] { [] }
}
