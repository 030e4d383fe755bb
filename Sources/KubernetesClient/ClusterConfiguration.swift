public import HTTPTransport

/// Where the API server is and who we are to it.
public struct ClusterConfiguration: Sendable {
    public enum Credential: Sendable, Hashable {
        case none
        case token(String)
        case tokenFile(String)
        case basic(user: String, password: String)
        case exec(ExecPlugin)
    }

    /// `https://host:port`, without a slash at the end.
    public var server: String
    /// The namespace that is meant when none is named.
    public var namespace: String
    public var certificateAuthority: Material?
    public var clientCertificate: Material?
    public var clientKey: Material?
    public var credential: Credential
    public var serverName: String?
    public var skipsVerification: Bool
    public var proxy: HTTPProxy

    /// PEM bytes, or the file that holds them and is read again when it changes.
    public enum Material: Sendable, Hashable {
        case bytes([UInt8])
        case file(String)
    }

    public init(
        server: String, namespace: String = "default", certificateAuthority: Material? = nil,
        clientCertificate: Material? = nil, clientKey: Material? = nil, credential: Credential = .none,
        serverName: String? = nil, skipsVerification: Bool = false, proxy: HTTPProxy = .none
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.namespace = namespace
        self.certificateAuthority = certificateAuthority
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.credential = credential
        self.serverName = serverName
        self.skipsVerification = skipsVerification
        self.proxy = proxy
    }
}

/// A credential plugin of a kubeconfig (`client.authentication.k8s.io`).
public struct ExecPlugin: Sendable, Hashable {
    public var apiVersion: String
    public var command: String
    public var arguments: [String]
    public var environment: [String: String]
    public var installHint: String?
}

/// A configuration that cannot be used.
public struct ClusterConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, and the field in it where one is to blame.
    public var location: String
    public var message: String

    public init(location: String, message: String) {
        self.location = location
        self.message = message
    }

    public var description: String { "\(location): \(message)" }
}
