/// Why something could not be encrypted or decrypted in the age format.
///
/// Never retriable: the same bytes and keys give the same answer. Never holds key material.
public struct AgeError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// A recipient is not a valid `age1…` key, or there is none.
        case invalidRecipient
        /// An identity is not a valid `AGE-SECRET-KEY-1…` key, or there is none.
        case invalidIdentity
        /// The file does not begin as an age file.
        case notAnAgeFile
        /// The file is for other keys than those given.
        case noMatchingIdentity
        /// The file was changed: a header or a chunk is malformed or does not authenticate.
        case corrupt
        /// The file surely lacks its end. A cut inside a chunk cannot be told from a change and is ``corrupt``.
        case truncated
        /// The object was used after `finish()` or after an error.
        case finished
        /// OpenSSL refused an operation that should have worked.
        case library
    }

    public var code: Code
    /// What is wrong, where, and what would mend it.
    public var message: String

    public var isRetriable: Bool { false }
    public var description: String { "age: \(message)" }

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: Code, _ message: String) {
        self.init(code: code, message: message)
    }

    init(_ error: CryptographyError) {
        self.init(code: .library, message: error.description)
    }
}
