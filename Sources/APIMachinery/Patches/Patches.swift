public import KubernetesModel

/// RFC 6902.
public enum JSONPatch {
    /// - Throws: 400 for a document that is no patch, 422 for one that cannot be applied (a failed `test`, a missing path).
    public static func apply(_ patch: JSON, to document: JSON) throws(MachineryError) -> JSON { document }
}

/// RFC 7386.
public enum MergePatch {
    public static func apply(_ patch: JSON, to document: JSON) -> JSON { document }
}

/// Kubernetes' own patch for built-in kinds: lists merge by key as the schema says, `$patch` and the other directives.
public enum StrategicMergePatch {
    /// - Throws: 400 for directives that make no sense; 422 for a list item without its merge key.
    public static func apply(
        _ patch: JSON, to document: JSON, schema: StructuralSchema
    ) throws(MachineryError) -> JSON { document }
}
