public import BackupArchive
import Foundation

/// A Prometheus server: where it answers, how one gets in, and where its blocks are for this process.
public struct PrometheusServer: Sendable, Hashable {
    /// `https://host:9090` or `http://…`, with the prefix of its routes if it has one. Without user and password.
    public var url: String
    public var username: String?
    public var password: String?
    /// Sent as `Authorization: Bearer` where there is no username.
    public var token: String?
    /// PEM certificates that https is checked against, instead of the system's.
    public var certificateAuthorities: String?

    public init(
        url: String, username: String? = nil, password: String? = nil, token: String? = nil,
        certificateAuthorities: String? = nil
    ) {
        self.url = url
        self.username = username
        self.password = password
        self.token = token
        self.certificateAuthorities = certificateAuthorities
    }

    /// - Throws: ``PrometheusError`` for an address that is none, or that holds a password.
    func checkedURL() throws(PrometheusError) -> String {
        func refuse(_ message: String, _ mend: String) -> PrometheusError {
            PrometheusError(.invalidAddress, message, field: "url", mend: mend)
        }
        guard
            let rest = ["http://", "https://"].first(where: url.lowercased().hasPrefix).map({ url.dropFirst($0.count) }
            ),
            let first = rest.first, first != "/", !url.contains(where: \.isWhitespace)
        else { throw refuse("it is no address of a server", "give https://host:9090") }
        guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
            throw refuse("it holds a user", "remove that, and put username and password into credentialsSecret")
        }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw refuse("it holds a query", "give the address alone")
        }
        return String(url.reversed().drop { $0 == "/" }.reversed())
    }
}

/// Why something with a Prometheus server did not work, for the person who must mend it. Holds no secret.
public struct PrometheusError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case invalidAddress, unreachable, tls, authenticationFailed, forbidden
        /// The server was started without the admin API.
        case adminDisabled
        /// The data folder is not there, not readable, or not the server's.
        case dataDirectory
        /// A snapshot or block is not what it must be.
        case damaged
        case serverError, malformedAnswer, toolMissing, scratchServer, diskFull
        /// The restored samples are not served.
        case notServed
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

extension PrometheusError: ProtectionFailure {}
