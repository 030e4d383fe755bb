public import KubernetesModel

/// The rules of `metadata` that all kinds share.
public enum MetadataValidation {
    /// What a kind demands of its objects' names.
    public enum NameRule: Sendable, Hashable {
        /// RFC 1123 subdomain: most kinds.
        case subdomain
        /// RFC 1123 label: namespaces.
        case label
        /// RFC 1035 label: services.
        case label1035
        /// A path segment: RBAC kinds.
        case pathSegment
    }

    /// Checks a new object, or, with `old`, an update. Paths start at `metadata`.
    public static func validate(
        _ object: JSON, old: JSON? = nil, namespaced: Bool, nameRule: NameRule = .subdomain
    ) -> [FieldError] { [] }

    /// The name made of `generateName`: the prefix, cut to 58 characters, and five random ones.
    public static func generatedName(
        prefix: String, using generator: inout some RandomNumberGenerator
    ) -> String { prefix + String((0..<5).map { _ in "bcdfghjklm".randomElement(using: &generator) ?? "x" }) }
}
