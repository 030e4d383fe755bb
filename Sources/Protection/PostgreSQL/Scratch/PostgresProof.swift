public import PostgreSQLClient

/// How backups are proven.
public struct PostgresProof: Sendable, Hashable {
    /// A statement of the policy, and what the first column of its first row must be.
    public struct Check: Sendable, Hashable {
        public var sql: String
        /// nil: that it runs is enough.
        public var expect: String?
        /// Where it runs; needed only where a backup holds several databases.
        public var database: String?

        public init(sql: String, expect: String? = nil, database: String? = nil) {
            self.sql = sql
            self.expect = expect
            self.database = database
        }
    }

    /// A server in which a database is made for the proof, and dropped. nil: a scratch server on this machine.
    public var target: PostgresConfiguration?
    public var checks: [Check]
    /// Connections that load, and processes that build indexes, at a time.
    public var jobs: Int
    /// How long one check may take.
    public var checkTimeout: Duration

    public init(
        target: PostgresConfiguration? = nil, checks: [Check] = [], jobs: Int = 2, checkTimeout: Duration = .seconds(60)
    ) {
        self.target = target
        self.checks = checks
        self.jobs = jobs
        self.checkTimeout = checkTimeout
    }
}
