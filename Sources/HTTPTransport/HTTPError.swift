/// Why an exchange failed. Never holds headers, a body, or the query and user part of the URL: those hold secrets.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The host's name has no address.
        case resolve
        /// No connection could be made.
        case connect
        /// No trust: an unknown or expired certificate, another host's name, a refused client certificate.
        case tls
        case timeout
        /// Nothing moved for the request's `idleTimeout`.
        case idle
        /// The connection ended in the middle.
        case reset
        case cancelled
        /// A collected body was longer than allowed.
        case tooLarge
        /// The URL, a header, or the server's answer is not HTTP.
        case malformed
        case shutDown
        /// The stream that gives the request's body failed.
        case body
        case other
    }

    public var code: Code
    public var message: String
    /// Scheme, host and path.
    public var url: String
    /// False only if certainly no byte of the request has left.
    public var requestMayHaveBeenSent: Bool

    public init(code: Code, message: String, url: String, requestMayHaveBeenSent: Bool = true) {
        self.code = code
        self.message = message
        self.url = Self.withoutSecrets(url)
        self.requestMayHaveBeenSent = requestMayHaveBeenSent
    }

    /// Whether the same request may do better a moment later; whether it may be repeated is the caller's to know.
    public var isRetriable: Bool {
        switch code {
        case .resolve, .connect, .timeout, .idle, .reset: true
        case .tls, .cancelled, .tooLarge, .malformed, .shutDown, .body, .other: false
        }
    }

    public var description: String { url.isEmpty ? message : "\(url): \(message)" }

    /// Scheme, host and path of a URL: what may be shown.
    public static func withoutSecrets(_ url: String) -> String {
        var text = url.prefix { $0 != "?" && $0 != "#" }
        if let scheme = text.range(of: "://") {
            let authority = text[scheme.upperBound...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") { text.removeSubrange(scheme.upperBound...at) }
        }
        return String(text)
    }
}

extension Substring {
    fileprivate func range(of word: String) -> Range<Substring.Index>? { ranges(of: word).first }
}
