/// A HashiCorp Vault or OpenBao server, and how one gets in.
public struct VaultServer: Sendable, Hashable {
    public enum Login: Sendable, Hashable {
        case token(String)
        /// Read from its file at every login: somebody else renews it.
        case tokenFile(String)
        /// With the token of a Kubernetes service account, read from its file at every login: the cluster renews it.
        case kubernetes(role: String, mount: String, tokenPath: String)
        /// For requests that need no token: whether it is sealed, unsealing.
        case none
    }

    /// `https://vault.example.com:8200`; http only for a loopback address.
    public var address: String
    public var login: Login
    /// Vault Enterprise's or OpenBao's namespace.
    public var namespace: String?
    /// PEM certificates that the server's is checked against, instead of the system's.
    public var certificateAuthorities: String?

    public init(address: String, login: Login, namespace: String? = nil, certificateAuthorities: String? = nil) {
        self.address = address
        self.login = login
        self.namespace = namespace
        self.certificateAuthorities = certificateAuthorities
    }

    /// The address without a slash at its end.
    /// - Throws: ``VaultError`` for one that is no address, that holds a password, or that would send secrets in the clear.
    func base() throws(VaultError) -> String {
        func refuse(_ message: String, _ mend: String) -> VaultError {
            VaultError(.invalidAddress, message, field: "address", mend: mend)
        }
        var base = address
        while base.hasSuffix("/") { base.removeLast() }
        let lower = base.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://"), !base.contains(where: \.isWhitespace) else {
            throw refuse("\"\(address.prefix(200))\" is no server's address", "give https://HOST:PORT")
        }
        let rest = base[base.index(base.startIndex, offsetBy: lower.hasPrefix("https") ? 8 : 7)...]
        guard !rest.isEmpty, !rest.contains("@"), !rest.contains("?"), !rest.contains("#") else {
            throw refuse(
                "the address holds more than a host, a port and a path",
                "give https://HOST:PORT; a token belongs into tokenSecret")
        }
        if lower.hasPrefix("http://") {
            let authority = rest.prefix { $0 != "/" }
            let host =
                authority.hasPrefix("[") ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
            guard host == "localhost" || host == "::1" || Self.isLoopback(host) else {
                throw refuse("http would send the token in the clear", "give https://…, and its authority as caSecret")
            }
        }
        return base
    }

    /// 127.0.0.0/8; a name that only begins so is another machine's.
    private static func isLoopback(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
