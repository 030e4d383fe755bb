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

    public init(
        schedule: BackupPolicy.Schedule? = nil, everyBackup: Bool? = nil, maxAge: Span? = nil, deadline: Span? = nil,
        checks: [Check]? = nil
    ) {
        self.schedule = schedule
        self.everyBackup = everyBackup
        self.maxAge = maxAge
        self.deadline = deadline
        self.checks = checks
    }

    /// A query and what it must answer.
    public struct Check: Codable, Sendable, Hashable {
        /// One statement that reads.
        public var sql: String
        /// The text of the one value that it answers.
        public var expect: String

        public init(sql: String, expect: String) {
            self.sql = sql
            self.expect = expect
        }
    }

    /// In seconds.
    public static let standardDeadline: Int64 = 7200
    /// How late a missed slot is still caught up with: a proof that comes late is worth more than none. In seconds.
    public static let standardStartingDeadline: Int64 = 7 * 86400

    public var deadlineSeconds: Int64 { deadline?.seconds ?? Self.standardDeadline }
}
