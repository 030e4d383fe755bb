public import BackupArchive
import Foundation
public import RecoveryAPI

extension BackupPolicy {
    /// Those of `spec.retention`. A day is one of the schedule's zone, which was checked where the schedule is.
    public var retentionRules: RetentionRules {
        let rules = spec.retention ?? Retention()
        return RetentionRules(
            keepFor: rules.keepFor.map { Double($0.seconds) }, keepLast: rules.keepLast, keepDaily: rules.keepDaily,
            keepWeekly: rules.keepWeekly, keepMonthly: rules.keepMonthly, keepYearly: rules.keepYearly,
            timeZone: spec.schedule?.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt)
    }
}
