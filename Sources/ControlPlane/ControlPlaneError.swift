/// Why the control plane cannot start or go on. Never holds a secret.
public struct ControlPlaneError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Another process uses the state folder.
        case stateInUse
        /// The state folder or a file in it cannot be used.
        case state
        /// The address or port cannot be listened on.
        case listen
        /// An object given to ``ControlPlane/install(crds:)`` was refused.
        case refused
        /// The database cannot be opened.
        case storage
    }

    public var code: Code
    /// The path or address that it is about.
    public var location: String
    /// What is wrong and what mends it.
    public var message: String

    public init(code: Code, location: String, message: String) {
        self.code = code
        self.location = location
        self.message = message
    }

    public var isRetriable: Bool { code == .stateInUse || code == .listen }

    public var description: String { "\(location): \(message)" }
}
