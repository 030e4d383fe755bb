public import PostgreSQLClient

/// Holds a database against a fingerprint.
public enum PostgresVerification {
    /// One thing that is not as it was.
    public struct Difference: Sendable, Hashable, Codable, CustomStringConvertible {
        /// `public.users`, `sequence public.users_id_seq`, `large objects`.
        public var object: String
        public var message: String

        public init(object: String, message: String) {
            self.object = object
            self.message = message
        }

        public var description: String { "\(object): \(message)" }
    }

    /// The fingerprint of what the database holds now: reads every row over `jobs` connections. Not of one snapshot:
    /// for databases that nobody writes to.
    /// - Parameter tables: the tables and columns to read, as another fingerprint has them.
    public static func fingerprint(
        of database: PostgresConfiguration, like expected: Fingerprint, jobs: Int = 2,
        progress: @escaping @Sendable (PostgresProgress) -> Void = { _ in }
    ) async throws -> Fingerprint {
        try await DatabaseReader(database: database, jobs: jobs, progress: progress).fingerprint(like: expected)
    }

    /// Everything in which the database differs from `expected`; empty when it is the same.
    public static func differences(
        of database: PostgresConfiguration, from expected: Fingerprint,
        verification: PostgresRestore.Verification, jobs: Int = 2,
        progress: @escaping @Sendable (PostgresProgress) -> Void = { _ in }
    ) async throws -> [Difference] {
        let reader = DatabaseReader(database: database, jobs: jobs, progress: progress)
        return try await reader.differences(from: expected, verification: verification)
    }
}
