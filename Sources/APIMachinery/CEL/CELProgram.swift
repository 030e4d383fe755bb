public import KubernetesModel

/// A rule in the Common Expression Language, parsed.
public struct CELProgram: Sendable {
    public struct SyntaxError: Error, Sendable, Hashable {
        public var message: String
        /// The first is 1.
        public var line: Int
        public var column: Int
    }

    /// What an evaluation ends with when it has no value.
    public struct Failure: Error, Sendable, Hashable {
        public var message: String
    }

    public init(parsing source: String) throws(SyntaxError) {}

    /// The value as JSON: times and durations as text, types by name.
    /// - Parameter variables: `self`, `oldSelf` and the like.
    public func evaluate(_ variables: [String: JSON]) throws(Failure) -> JSON { .null }
}
