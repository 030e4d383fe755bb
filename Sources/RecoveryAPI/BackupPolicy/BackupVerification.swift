/// How a policy's backups are proven: restored elsewhere and compared with what was recorded when they were taken.
public struct BackupVerification: Codable, Sendable, Hashable {
    /// When the newest complete backup is proven.
    public var schedule: BackupPolicy.Schedule?
    /// Proves each backup when it is complete.
    public var everyBackup: Bool?
    /// How old the last proof may be; two periods of the schedule when absent.
    public var maxAge: Span?
    /// How long one attempt may take; ``standardDeadline`` when absent.
    public var deadline: Span?
    /// What must hold in the restored database, beyond being equal to what was backed up.
    public var checks: [Check]?
    /// Where backups are restored for the proof; a scratch server beside dr when absent.
    public var target: Target?
    /// What opens a Vault's backup; only with `spec.source.vault`.
    public var vault: VaultVerification?

    public init(
        schedule: BackupPolicy.Schedule? = nil, everyBackup: Bool? = nil, maxAge: Span? = nil, deadline: Span? = nil,
        checks: [Check]? = nil, target: Target? = nil, vault: VaultVerification? = nil
    ) {
        self.schedule = schedule
        self.everyBackup = everyBackup
        self.maxAge = maxAge
        self.deadline = deadline
        self.checks = checks
        self.target = target
        self.vault = vault
    }

    /// A query and what it must answer.
    public struct Check: Codable, Sendable, Hashable {
        /// One statement that reads.
        public var sql: String
        /// The text of the one value that it answers.
        public var expect: String
        /// Where it is asked; needed only where the policy protects several databases.
        public var database: String?

        public init(sql: String, expect: String, database: String? = nil) {
            self.sql = sql
            self.expect = expect
            self.database = database
        }
    }

    /// A server that is given instead of a scratch server.
    public struct Target: Codable, Sendable, Hashable {
        /// Its `database` is not used: the proof makes one and drops it.
        public var postgresql: PostgreSQLSource?

        public init(postgresql: PostgreSQLSource? = nil) { self.postgresql = postgresql }
    }

    /// In seconds.
    public static let standardDeadline: Int64 = 7200
    /// How late a missed slot is still caught up with: a proof that comes late is worth more than none. In seconds.
    public static let standardStartingDeadline: Int64 = 7 * 86400

    public var deadlineSeconds: Int64 { deadline?.seconds ?? Self.standardDeadline }
}
