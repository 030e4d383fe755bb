/// Why a store did not do what was asked. Never holds a credential or a signature.
public struct ObjectStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case notFound, noSuchBucket, preconditionFailed, accessDenied, invalidCredentials, unreachable, untrusted, full
        case corrupt, throttled, badKey, unsupported, other
        /// Nobody knows whether the change was made: look again before it counts as either.
        case unclear
    }

    public var code: Code
    public var message: String
    public var key: String
    /// Whether the same call may do better later.
    public var isRetriable: Bool

    public init(_ code: Code, _ message: String, key: String = "", isRetriable: Bool? = nil) {
        self.code = code
        self.message = message
        self.key = key
        self.isRetriable = isRetriable ?? [.unreachable, .throttled, .full, .unclear].contains(code)
    }

    public var description: String { key.isEmpty ? message : "\(key): \(message)" }
}
