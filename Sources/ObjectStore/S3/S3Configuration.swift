public import Foundation

/// A bucket and how to reach it.
public struct S3Configuration: Sendable, Hashable {
    /// `https://host[:port]`.
    public var endpoint: String
    public var bucket: String
    public var region: String
    public var pathStyle: Bool
    public var credentials: Credentials
    /// PEM; nil for the system's roots.
    public var certificateAuthorities: [UInt8]?
    /// Nil when objects are not locked.
    public var objectLock: ObjectLock?

    /// Keeps what is stored from being deleted or replaced by anybody.
    public struct ObjectLock: Sendable, Hashable {
        public enum Mode: String, Sendable, Hashable {
            /// Who has the right to bypass it can delete.
            case governance = "GOVERNANCE"
            /// Nobody can, not even the owner of the account.
            case compliance = "COMPLIANCE"
        }

        public var mode: Mode
        /// In seconds, from the moment of storing.
        public var retain: TimeInterval
        /// Of the keys of objects that are locked.
        public var prefixes: [String]

        public init(mode: Mode, retain: TimeInterval, prefixes: [String]) {
            self.mode = mode
            self.retain = retain
            self.prefixes = prefixes
        }
    }

    public struct Credentials: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
        CustomReflectable
    {
        public var accessKeyID: String
        public var secretAccessKey: String
        public var sessionToken: String?

        public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
        }

        // An accidental print or dump shows no secret.
        public var description: String { "credentials of \(accessKeyID)" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
    }

    public init(
        endpoint: String, bucket: String, region: String = "us-east-1", pathStyle: Bool = true,
        credentials: Credentials,
        certificateAuthorities: [UInt8]? = nil, objectLock: ObjectLock? = nil
    ) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.bucket = bucket
        self.region = region
        self.pathStyle = pathStyle
        self.credentials = credentials
        self.certificateAuthorities = certificateAuthorities
        self.objectLock = objectLock
    }

    /// Scheme and authority, with the bucket in the host name where it is not in the path.
    var origin: String {
        guard !pathStyle, let scheme = endpoint.firstRange(of: "://") else { return endpoint }
        return endpoint[..<scheme.upperBound] + "\(bucket)." + endpoint[scheme.upperBound...]
    }

    /// As it is sent and signed: without the scheme's own port.
    var host: String {
        let host = String(origin.drop { $0 != "/" }.dropFirst(2))
        let usual = endpoint.lowercased().hasPrefix("https:") ? ":443" : ":80"
        return host.hasSuffix(usual) ? String(host.dropLast(usual.count)) : host
    }
    var pathPrefix: String { pathStyle ? "/\(bucket)" : "" }
}
