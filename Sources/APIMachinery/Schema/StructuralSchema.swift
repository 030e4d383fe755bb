public import KubernetesModel

/// An OpenAPI v3 schema as CustomResourceDefinitions carry it, parsed once and used for every object of a kind.
/// The built-in kinds are described with it too (``BuiltInSchemas``).
public struct StructuralSchema: Sendable {
    let root: SchemaNode

    /// The schema's text as given.
    public var json: JSON { root.json }

    /// - Parameters:
    ///   - json: `openAPIV3Schema`.
    ///   - isResource: whether it is that of a whole object, whose `apiVersion`, `kind` and `metadata` need no mention.
    public init(_ json: JSON, isResource: Bool = true) {
        root = SchemaNode(json, isResource: isResource)
    }

    /// Removes the fields that the schema does not know.
    /// - Returns: their paths, sorted: `spec.sise`, `spec.parts[0].x`.
    @discardableResult
    public func prune(_ object: inout JSON) -> [String] {
        var unknown: [String] = []
        object = root.pruned(object, at: .root, &unknown)
        return unknown.sorted()
    }

    /// What strict and warning field validation say: `unknown field "spec.sise"`.
    public func unknownFields(in object: JSON) -> [String] {
        var copy = object
        return prune(&copy).map { "unknown field \(GoFormat.quoted($0))" }
    }

    /// Drops nulls that mean nothing (the field is not nullable) and fills in `default` where a field is absent.
    public func applyDefaults(to object: inout JSON) {
        object = root.defaulted(object)
    }

    /// Checks the values against the schema and, when they fit, the CEL rules; with `old`, transition rules too.
    /// What an update does not touch is not held against it.
    public func validate(_ object: JSON, old: JSON? = nil) -> [FieldError] {
        var errors: [FieldError] = []
        root.validate(object, old: old, at: .root, &errors)
        if root.containsKeyedLists {
            var before: [FieldError] = []
            if let old { root.findDuplicates(old, at: .root, &before) }
            if before.isEmpty { root.findDuplicates(object, at: .root, &errors) }
        }
        guard root.containsRules else { return errors }
        let isBlocked = errors.contains { error in
            switch error.kind {
            case .notSupported, .required, .tooLong, .tooMany, .typeInvalid: true
            default: false
            }
        }
        if isBlocked { return errors + [Self.rulesWereSkipped] }
        var run = RuleRun()
        root.checkRules(object, old: old, at: .root, &run)
        return errors + run.errors
    }

    /// What is added when the rules could not be run, because they assume values of the right type and size.
    static let rulesWereSkipped = FieldError.invalid(
        .root, .null,
        """
        some validation rules were not checked because the object was invalid; \
        correct the existing errors to complete validation
        """)
}
