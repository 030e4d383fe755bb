public import KubernetesModel

/// JSON Merge Patch (RFC 7386).
public enum MergePatch {
    /// Members of the patch replace those of the document, null removes; everything but objects is replaced as a whole.
    public static func apply(_ patch: JSON, to document: JSON) -> JSON {
        guard case .object(let members) = patch else { return patch }
        var result = document.object ?? [:]
        for (name, value) in members {
            if value.isNull {
                result[name] = nil
            } else {
                result[name] = apply(value, to: result[name] ?? .null)
            }
        }
        return .object(result)
    }
}
