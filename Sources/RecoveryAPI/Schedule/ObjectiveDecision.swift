public import Foundation
import Synchronization

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

    /// Seconds that two machines' clocks may differ by. A time further ahead is of a clock that was wrong.
    public static let skew: TimeInterval = 60

    /// - Parameters:
    ///   - recoverableTo: the recovery point of the newest complete backup.
    ///   - createdAt: the policy's; before its first backup it has that long.
    ///   - note: what else a person should know of it.
    public static func decide(
        rpo: Span?, recoverableTo: Date?, createdAt: Date, calendar: SlotCalendar?, note: String? = nil, now: Date
    ) -> Output {
        var output = judge(rpo: rpo, recoverableTo: recoverableTo, createdAt: createdAt, calendar: calendar, now: now)
        if let note { output.message += "; \(note)" }
        return output
    }

    private static func judge(rpo: Span?, recoverableTo: Date?, createdAt: Date, calendar: SlotCalendar?, now: Date)
        -> Output
    {
        if let recoverableTo, recoverableTo.timeIntervalSince(now) > skew {
            // It may be of any age: whatever it is, it is no proof that the objective is met.
            return Output(
                isMet: rpo == nil ? nil : false, reason: rpo == nil ? Reason.noObjective : Reason.objectiveBreached,
                message:
                    "the newest recoverable moment, \(Timestamp.text(recoverableTo)), is ahead of the clock: a clock is or was wrong; set it right and take a backup",
                column: rpo.map { "BREACHED ?/\($0)" } ?? "?", changesAt: recoverableTo.addingTimeInterval(1 - skew))
        }
        guard let rpo else {
            let age = recoverableTo.map { Span.text(seconds: max(0, Int64(now.timeIntervalSince($0)))) } ?? "none"
            return Output(
                isMet: nil, reason: Reason.noObjective, message: "spec.objective.rpo is not set", column: age,
                changesAt: nil)
        }
        let point = min(recoverableTo ?? createdAt, now)
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
        if let calendar, let gap = gaps.longest(calendar, on: now), gap > rpo.seconds {
            return Output(
                isMet: false, reason: Reason.scheduleSlowerThanObjective,
                message:
                    "the schedule leaves up to \(Span.text(seconds: gap)) between backups, more than the RPO of \(rpo): back up more often, or raise spec.objective.rpo",
                column: column, changesAt: changesAt)
        }
        if recoverableTo == nil {
            return Output(
                isMet: isFresh ? nil : false, reason: Reason.noBackupYet, message: "no backup is complete yet",
                column: column,
                changesAt: changesAt)
        }
        return isFresh
            ? Output(
                isMet: true, reason: Reason.objectiveMet,
                message: "the newest recoverable moment is \(Timestamp.text(point))",
                column: column, changesAt: changesAt)
            : Output(
                isMet: false, reason: Reason.objectiveBreached,
                message: "the newest recoverable moment, \(Timestamp.text(point)), is older than the RPO of \(rpo)",
                column: column,
                changesAt: nil)
    }

    private static let gaps = SlotGaps()
}

/// The longest time between two slots of the five weeks after a day, in seconds. Walking them asks the zone thousands of
/// times, and every pass over every policy wants to know: for a schedule, a zone and a day it is worked out once.
final class SlotGaps: Sendable {
    struct Key: Hashable {
        var expression: CronExpression
        var zone: String
        var day: Int
    }

    private let known = Mutex<[Key: Int64]>([:])
    static let limit = 512

    func longest(_ calendar: SlotCalendar, on now: Date) -> Int64? {
        let day = Int((now.timeIntervalSince1970 / 86400).rounded(.down))
        let key = Key(expression: calendar.expression, zone: calendar.timeZone.identifier, day: day)
        if let gap = known.withLock({ $0[key] }) { return gap }
        let gap = Self.longest(calendar, from: Date(timeIntervalSince1970: Double(day) * 86400))
        known.withLock { known in
            // Those of yesterday are of no use any more.
            if known.count >= Self.limit { known = [:] }
            known[key] = gap
        }
        return gap
    }

    var count: Int { known.withLock { $0.count } }

    private static func longest(_ calendar: SlotCalendar, from start: Date) -> Int64 {
        let slots = calendar.slots(after: start, through: start.addingTimeInterval(35 * 86400), limit: 2000)
        guard slots.count > 1 else { return 35 * 86400 }
        return zip(slots, slots.dropFirst()).map { Int64($1.timeIntervalSince($0)) }.max() ?? 35 * 86400
    }
}

private enum Timestamp {
    static func text(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle()) }
}
