public import Foundation

/// Whether a policy meets its RPO, as a function of what can be recovered.
public enum ObjectiveDecision {
    public struct Output: Sendable, Hashable {
        public var isMet: Bool?
        public var reason: String
        public var message: String
        /// The RPO column.
        public var column: String
        /// When the answer changes by time alone.
        public var changesAt: Date?
    }

    /// - Parameters:
    ///   - recoverableTo: the recovery point of the newest complete backup.
    ///   - createdAt: the policy's; before its first backup it has that long.
    public static func decide(
        rpo: Span?, recoverableTo: Date?, createdAt: Date, calendar: SlotCalendar?, now: Date
    ) -> Output {
        guard let rpo else {
            let age = recoverableTo.map { Span.text(seconds: Int64(now.timeIntervalSince($0))) } ?? "none"
            return Output(
                isMet: nil, reason: Reason.noObjective, message: "spec.objective.rpo is not set", column: age, changesAt: nil)
        }
        let point = recoverableTo ?? createdAt
        let age = Int64(now.timeIntervalSince(point))
        let isFresh = age <= rpo.seconds
        let ageText = Span.text(seconds: age)
        let column: String
        if recoverableTo == nil {
            column = isFresh ? "none yet" : "BREACHED none/\(rpo)"
        } else {
            column = isFresh ? "met \(ageText)/\(rpo)" : "BREACHED \(ageText)/\(rpo)"
        }
        let changesAt = isFresh ? point.addingTimeInterval(Double(rpo.seconds) + 1) : nil
        if let calendar, let gap = longestGap(calendar, from: now), gap > rpo.seconds {
            return Output(
                isMet: false, reason: Reason.scheduleSlowerThanObjective,
                message:
                    "the schedule leaves up to \(Span.text(seconds: gap)) between backups, more than the RPO of \(rpo): back up more often, or raise spec.objective.rpo",
                column: column, changesAt: changesAt)
        }
        if recoverableTo == nil {
            return Output(
                isMet: isFresh ? nil : false, reason: Reason.noBackupYet, message: "no backup is complete yet", column: column,
                changesAt: changesAt)
        }
        return isFresh
            ? Output(
                isMet: true, reason: Reason.objectiveMet, message: "the newest recoverable moment is \(Timestamp.text(point))",
                column: column, changesAt: changesAt)
            : Output(
                isMet: false, reason: Reason.objectiveBreached,
                message: "the newest recoverable moment, \(Timestamp.text(point)), is older than the RPO of \(rpo)", column: column,
                changesAt: nil)
    }

    /// The longest time between two slots of the next five weeks, in seconds.
    private static func longestGap(_ calendar: SlotCalendar, from now: Date) -> Int64? {
        let slots = calendar.slots(after: now, through: now.addingTimeInterval(35 * 86400), limit: 2000)
        guard slots.count > 1 else { return 35 * 86400 }
        return zip(slots, slots.dropFirst()).map { Int64($1.timeIntervalSince($0)) }.max()
    }
}

private enum Timestamp {
    static func text(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle()) }
}
