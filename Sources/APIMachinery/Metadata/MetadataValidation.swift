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

        func problem(_ name: String) -> String? {
            switch self {
            case .subdomain: Names.subdomainProblem(name)
            case .label: Names.labelProblem(name)
            case .label1035: Names.label1035Problem(name)
            case .pathSegment: Names.pathSegmentProblem(name)
            }
        }
    }

    /// Checks a new object, or, with `old`, an update. Paths start at `metadata`.
    public static func validate(
        _ object: JSON, old: JSON? = nil, namespaced: Bool, nameRule: NameRule = .subdomain
    ) -> [FieldError] {
        var check = MetadataCheck(metadata: object["metadata"] ?? .object([:]))
        if old == nil { check.names(namespaced: namespaced, nameRule) }
        check.maps()
        check.owners()
        check.finalizers()
        if let before = old?["metadata"] { check.update(from: before) }
        return check.errors
    }

    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    /// The name made of `generateName`: the prefix, cut to 58 characters, and five random ones.
    public static func generatedName(
        prefix: String, using generator: inout some RandomNumberGenerator
    ) -> String {
        // Neither vowels nor what looks like another sign: no words arise by chance.
        let suffix = (0..<5).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] }
        return String(prefix.prefix(58)) + String(suffix)
    }
}
