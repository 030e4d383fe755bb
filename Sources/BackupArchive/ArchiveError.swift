/// Why an artifact, a manifest or the ledger cannot be used.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The object is not in the store.
        case missing
        /// The object is shorter or longer than the manifest says.
        case truncated
        /// The bytes are not those that were written.
        case corrupt
        /// No identity that was given opens it.
        case wrongKey
        /// The manifest, or the format of the bucket, is of a version that this release does not know.
        case unknownFormat
        /// Another execution has the token.
        case tokenTaken
        /// The store left out of a list what it has: nothing can be concluded from what is not in it.
        case incompleteList
        /// The store does not keep one of two creators out.
        case noConditionalWrites
    }

    public var code: Code
    public var key: String
    public var message: String

    public init(_ code: Code, key: String, _ message: String) {
        self.code = code
        self.key = key
        self.message = message
    }

    public var description: String { "\(key): \(message)" }
}
