/// Why a key, a certificate or a primitive did not work.
///
/// Never retriable: the same input gives the same answer. Never holds key material: messages name what was wrong with
/// the input, and OpenSSL's own reasons name functions and causes only.
public struct CryptographyError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The caller's input cannot be used: not PEM, a name that is too long, a key that is not the certificate's.
        case invalidInput
        /// OpenSSL refused an operation that should have worked.
        case library
    }

    public var code: Code
    /// What was asked for, in words: "reading the certificate".
    public var operation: String
    /// What is wrong, and what would mend it.
    public var message: String
    /// OpenSSL's whole error queue, oldest first: "PEM routines: no start line".
    public var reasons: [String]

    public var isRetriable: Bool { false }

    public init(code: Code, operation: String, message: String, reasons: [String] = []) {
        self.code = code
        self.operation = operation
        self.message = message
        self.reasons = reasons
    }

    public var description: String {
        let cause = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
        return "\(operation): \(message)\(cause)"
    }
}
