public import BackupArchive
import Foundation

/// A repository somewhere else, and how one gets in.
public struct GitRemote: Sendable, Hashable {
    /// `https://…`, `http://…`, `ssh://…`, `user@host:path` or an absolute path. Never with a password in it.
    public var url: String
    /// For http(s).
    public var username: String?
    /// Password or token, for http(s).
    public var password: String?
    /// A private key in OpenSSH's format, for ssh.
    public var sshKey: String?
    /// Lines of a known_hosts file, for ssh: a server with another key is refused.
    public var knownHosts: String?
    /// PEM certificates of authorities that https is checked against, instead of the system's.
    public var certificateAuthorities: String?

    public init(
        url: String, username: String? = nil, password: String? = nil, sshKey: String? = nil, knownHosts: String? = nil,
        certificateAuthorities: String? = nil
    ) {
        self.url = url
        self.username = username
        self.password = password
        self.sshKey = sshKey
        self.knownHosts = knownHosts
        self.certificateAuthorities = certificateAuthorities
    }

    enum Transport: Hashable { case http, ssh, path }

    /// - Throws: ``GitError`` for a URL that is none of the three, or that carries a password.
    func transport() throws(GitError) -> Transport {
        func refuse(_ message: String, _ mend: String) -> GitError {
            GitError(.invalidURL, message, field: "url", mend: mend)
        }
        // A tool that writes its URL into a log or an argument list must have nothing to hide.
        let authority = url.range(of: "://").map { url[$0.upperBound...].prefix { $0 != "/" } } ?? ""
        if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") {
            throw refuse("the URL holds a password", "remove it, and put username and password into credentialsSecret")
        }
        for scheme in ["http://", "https://"] where url.lowercased().hasPrefix(scheme) {
            guard authority.contains("@") == false else {
                throw refuse("the URL names a user", "remove it, and put username and password into credentialsSecret")
            }
            return .http
        }
        if url.lowercased().hasPrefix("ssh://") { return .ssh }
        if url.hasPrefix("/") { return .path }
        if url.lowercased().hasPrefix("file:///") { return .path }
        // user@host:path
        if !url.hasPrefix("-"), !url.contains("://"), let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/"),
            url[..<colon].contains("@")
        {
            return .ssh
        }
        throw refuse(
            "\"\(url.prefix(200))\" is no repository's address",
            "give https://…, ssh://…, user@host:path or an absolute path")
    }
}

/// Why something with a repository did not work, for the person who must mend it. Holds no secret.
public struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case invalidURL, unreachable, authenticationFailed, hostKey, tls, noRepository, toolMissing, toolFailed, damaged
        case diskFull
        /// Another backup uses the mirror.
        case busy
        /// The repository that a restore would fill has refs already.
        case targetNotEmpty
        /// The server does not let a ref be what it was.
        case refused
    }

    public var code: Code
    public var message: String
    /// The field of the resource to look at.
    public var field: String?
    public var mend: String?
    public var isRetriable: Bool

    public init(_ code: Code, _ message: String, field: String? = nil, mend: String? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.field = field
        self.mend = mend
        self.isRetriable = isRetriable
    }

    public var description: String {
        [field.map { "\($0): \(message)" } ?? message, mend].compactMap { $0 }.joined(separator: "; ")
    }
}

extension GitError: ProtectionFailure {}
