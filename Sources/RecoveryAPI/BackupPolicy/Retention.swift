public import Foundation

/// How long backups are kept. A backup is kept when any of the rules keeps it.
public struct Retention: Codable, Sendable, Hashable {
    /// By the recovery point.
    public var keepFor: Span?
    public var keepLast: Int?
    public var keepDaily: Int?
    public var keepWeekly: Int?
    public var keepMonthly: Int?
    public var keepYearly: Int?

    public init(
        keepFor: Span? = nil, keepLast: Int? = nil, keepDaily: Int? = nil, keepWeekly: Int? = nil,
        keepMonthly: Int? = nil,
        keepYearly: Int? = nil
    ) {
        self.keepFor = keepFor
        self.keepLast = keepLast
        self.keepDaily = keepDaily
        self.keepWeekly = keepWeekly
        self.keepMonthly = keepMonthly
        self.keepYearly = keepYearly
    }
}

/// What becomes of the data of a policy that is deleted.
public enum DeletionRule: String, Codable, Sendable, Hashable, CaseIterable {
    case retain = "Retain"
    case delete = "Delete"
}

extension BackupPolicy {
    /// The last look at what may expire.
    public struct RetentionStatus: Codable, Sendable, Hashable {
        public var lastRun: Date?
        /// The spec that it applied.
        public var observedGeneration: Int64?
        /// Backups that were deleted so far.
        public var expired: Int64?
        /// Backups that the last look kept.
        public var kept: Int64?
        /// When it looks again at the latest.
        public var next: Date?
        /// Why it waits, or what failed.
        public var message: String?

        public init() {}
    }

    /// Put on a policy whose data goes with it.
    public static let dataFinalizer = "dr.hotswap.io/delete-data"
    /// On a policy or a store: the cluster from which the backups are taken over.
    public static let adoptAnnotation = "dr.hotswap.io/adopt"
}

extension Retention {
    static let schema = Schema.object(
        "How long backups are kept: as long as any of the rules keeps them. The newest, the newest proven one and what is locked always stay.",
        [
            "keepFor": .duration("Everything whose recovery point is younger than this."),
            "keepLast": .integer("So many of the newest.", 1...10_000),
            "keepDaily": .integer("The newest of each of so many days, in the schedule's time zone.", 1...10_000),
            "keepWeekly": .integer("The newest of each of so many weeks, from Monday.", 1...10_000),
            "keepMonthly": .integer("The newest of each of so many months.", 1...1000),
            "keepYearly": .integer("The newest of each of so many years.", 1...1000),
        ]
    ).rule(
        "has(self.keepFor) || has(self.keepLast) || has(self.keepDaily) || has(self.keepWeekly) || has(self.keepMonthly) || has(self.keepYearly)",
        "retention needs at least one rule; without spec.retention everything is kept")

    static let statusSchema = Schema.object(
        "The last look at what may expire.",
        [
            "lastRun": .time("When it was."),
            "observedGeneration": .observedGeneration,
            "expired": .integer("Backups that were deleted so far."),
            "kept": .integer("Backups that the last look kept."),
            "next": .time("When the next is due at the latest."),
            "message": .string("Why it waits, or what failed.", maxLength: 4096),
        ])
}
