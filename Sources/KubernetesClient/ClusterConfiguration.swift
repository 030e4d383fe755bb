import Foundation
public import HTTPTransport
import KubernetesModel

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
    /// Whom to act as, where the user itself may only impersonate.
    public var impersonation: Impersonation?
    /// Whether this is the service account of the pod that we run in.
    public var isInCluster = false

    public struct Impersonation: Sendable, Hashable {
        public var user: String
        public var uid: String?
        public var groups: [String]
    }

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
    /// What to tell when the command is not there.
    public var installHint: String?
    /// Whether the plugin is told about the cluster (`provideClusterInfo`).
    public var wantsCluster = false

    static let apiVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
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

extension ClusterConfiguration.Impersonation {
    func add(to headers: inout HTTPHeaders) {
        headers.add("Impersonate-User", user)
        if let uid { headers.add("Impersonate-Uid", uid) }
        for group in groups { headers.add("Impersonate-Group", group) }
    }
}

extension ClusterConfiguration {
    /// `ExecCredential.spec.cluster`.
    func execCluster(_ tls: HTTPTLS) -> JSON {
        var cluster: JSON = ["server": .string(server)]
        cluster["tls-server-name"] = serverName.map(JSON.string)
        if skipsVerification { cluster["insecure-skip-tls-verify"] = true }
        cluster["certificate-authority-data"] = tls.certificateAuthorities.map {
            .string(Data($0).base64EncodedString())
        }
        return cluster
    }
}
