import Foundation

/// A git repository, mirrored with all its refs.
public struct GitSource: Codable, Sendable, Hashable {
    public var url: String
    /// Keys `username` and `password` for http(s), as in a Secret of type kubernetes.io/basic-auth; `ssh-privatekey` and
    /// `known_hosts` for ssh, as in one of type kubernetes.io/ssh-auth.
    public var credentialsSecret: ObjectReference?
    /// Key `ca.crt`.
    public var caSecret: SecretReference?

    public init(url: String, credentialsSecret: ObjectReference? = nil, caSecret: SecretReference? = nil) {
        self.url = url
        self.credentialsSecret = credentialsSecret
        self.caSecret = caSecret
    }

    /// The repository's name without its host: `git/team/app`.
    var summary: String {
        let hasScheme = url.contains("://")
        let path = url.split(separator: "://", maxSplits: 1).last.map(String.init) ?? url
        // A scheme's host ends with its port; a path has none; else it is user@host:path.
        let whole = url.hasPrefix("/") ? path : path.drop { $0 != "/" && (hasScheme || $0 != ":") }.description
        let name = whole.drop { $0 == "/" || $0 == ":" }.description
        return "git/\(name.hasSuffix(".git") ? String(name.dropLast(4)) : name)"
    }
}

extension GitSource {
    static let schema = Schema.object(
        "A git repository, mirrored with all its refs.",
        [
            "url": .string(
                "Its address: https://…, http://…, ssh://…, user@host:path or an absolute path. A password does not belong here.",
                pattern:
                    "^(https?://[^@\\s]+|ssh://[^:\\s]+[^\\s]*|file:///[^\\s]+|/[^\\s]*|[A-Za-z0-9_][^/:@\\s]*@[^/:\\s]+:[^\\s]+)$",
                maxLength: 2048
            ).required,
            "credentialsSecret": .reference(
                "The Secret with username and password (or a token as the password) for http, or ssh-privatekey and known_hosts for ssh."
            ),
            "caSecret": .secret(
                "The Secret with the certificates that an https server's is checked against.", key: "ca.crt"),
        ])
}
