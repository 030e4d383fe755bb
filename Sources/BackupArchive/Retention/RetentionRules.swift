public import Foundation

/// Which backups of a policy are kept. A backup is kept when any rule keeps it.
public struct RetentionRules: Sendable, Hashable {
    /// Everything younger than this, by its recovery point, in seconds.
    public var keepFor: TimeInterval?
    /// So many of the newest.
    public var keepLast: Int?
    /// The newest of each of so many days, weeks (from Monday, ISO 8601), months and years that have one, counted from the
    /// newest; in ``timeZone``.
    public var keepDaily: Int?
    public var keepWeekly: Int?
    public var keepMonthly: Int?
    public var keepYearly: Int?
    public var timeZone: TimeZone

    public init(
        keepFor: TimeInterval? = nil, keepLast: Int? = nil, keepDaily: Int? = nil, keepWeekly: Int? = nil,
        keepMonthly: Int? = nil,
        keepYearly: Int? = nil, timeZone: TimeZone = .gmt
    ) {
        self.keepFor = keepFor
        self.keepLast = keepLast
        self.keepDaily = keepDaily
        self.keepWeekly = keepWeekly
        self.keepMonthly = keepMonthly
        self.keepYearly = keepYearly
        self.timeZone = timeZone
    }

    /// Without any rule nothing is ever deleted.
    public var isEmpty: Bool {
        keepFor == nil && keepLast == nil && keepDaily == nil && keepWeekly == nil && keepMonthly == nil
            && keepYearly == nil
    }
}
