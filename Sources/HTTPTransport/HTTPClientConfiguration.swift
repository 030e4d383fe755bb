/// How a client connects. A value: two clients with different trust are two values.
public struct HTTPClientConfiguration: Sendable, Hashable {
    public enum Version: Sendable, Hashable {
        case http1
        /// HTTP/2 where TLS negotiates it.
        case http2
    }

    public var tls: HTTPTLS
    public var proxy: HTTPProxy
    public var version: Version
    public var connectTimeout: Duration
    public var maxConnectionsPerHost: Int
    /// How long bytes that were sent may go unacknowledged before the connection is given up (TCP_USER_TIMEOUT); nil for the
    /// system's rule. Also the time that a peer may take nothing at all, so it is not for uploads to slow servers.
    public var unacknowledgedTimeout: Duration?

    public init(
        tls: HTTPTLS = HTTPTLS(), proxy: HTTPProxy = .none, version: Version = .http1,
        connectTimeout: Duration = .seconds(10), maxConnectionsPerHost: Int = 0,
        unacknowledgedTimeout: Duration? = nil
    ) {
        self.tls = tls
        self.proxy = proxy
        self.version = version
        self.connectTimeout = connectTimeout
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.unacknowledgedTimeout = unacknowledgedTimeout
    }
}

/// Whom to trust and who we are. All PEM, in memory.
public struct HTTPTLS: Sendable, Hashable {
    /// Trusted instead of the system's roots, never beside them. Nil: the system's.
    public var certificateAuthorities: [UInt8]?
    public var clientCertificate: [UInt8]?
    public var clientKey: [UInt8]?
    /// The name that the server's certificate must have, where it is not the URL's host.
    public var serverName: String?
    /// kubeconfig's `insecure-skip-tls-verify`.
    public var skipsVerification: Bool

    public init(
        certificateAuthorities: [UInt8]? = nil, clientCertificate: [UInt8]? = nil, clientKey: [UInt8]? = nil,
        serverName: String? = nil, skipsVerification: Bool = false
    ) {
        self.certificateAuthorities = certificateAuthorities
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.serverName = serverName
        self.skipsVerification = skipsVerification
    }
}
