import Foundation
import Testing

@testable import RecoveryAPI

/// Ten years of slots in zones whose clocks do everything that clocks do: none, an hour in the night, half an hour, and
/// Casablanca's twice a year around Ramadan. The expectation is worked out in another way: the wall clock is walked in
/// steps of five minutes around every change, and is taken at its word everywhere else.
@Suite("Ten years of slots")
struct TenYearsTests {
    static let zones = ["Etc/UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
    static let begin = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z
    static let end = Date(timeIntervalSince1970: 2_082_758_400)  // 2036-01-01T00:00:00Z

    struct Schedule: Sendable {
        var cron: String
        /// Of the day, at which it fires.
        var minutes: [Int]
        /// Of the days on which it fires, as the Gregorian calendar of Foundation has them.
        var fires: @Sendable (DateComponents) -> Bool = { _ in true }
        var years = 10
    }

    static let schedules = [
        Schedule(cron: "0 2 * * *", minutes: [120]), Schedule(cron: "30 2 * * *", minutes: [150]),
        Schedule(cron: "5 0 * * *", minutes: [5]),
        Schedule(cron: "55 23 * * *", minutes: [1435]),
        Schedule(cron: "15,45 1-3 * * *", minutes: [75, 105, 135, 165, 195, 225]),
        // Sunday is 1 in Foundation.
        Schedule(cron: "30 2 * * MON#1", minutes: [150], fires: { $0.weekday == 2 && $0.weekdayOrdinal == 1 }),
        Schedule(cron: "30 2 * * SUN#5", minutes: [150], fires: { $0.weekday == 1 && $0.weekdayOrdinal == 5 }),
        Schedule(cron: "30 2 * * MON-FRI", minutes: [150], fires: { (2...6).contains($0.weekday ?? 0) }),
        Schedule(cron: "30 2 * * SUN", minutes: [150], fires: { $0.weekday == 1 }),
        Schedule(cron: "0 0 31 * *", minutes: [0], fires: { $0.day == 31 }),
        Schedule(cron: "30 2 29 2 *", minutes: [150], fires: { $0.day == 29 && $0.month == 2 }),
        // As in cron(5), one of the two days suffices.
        Schedule(cron: "30 2 13 * FRI", minutes: [150], fires: { $0.day == 13 || $0.weekday == 6 }),
        Schedule(cron: "*/30 * * * *", minutes: (0..<48).map { $0 * 30 }, years: 1),
    ]

    /// The first instant at which the wall shows `local` seconds since 1970 or, where it never does, has jumped over it.
    private func instant(_ local: Int, _ zone: TimeZone) -> Int {
        func shown(_ instant: Int) -> Int {
            instant + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
        }
        let before = shown(local - 2 * 86400) - (local - 2 * 86400)
        let after = shown(local + 2 * 86400) - (local + 2 * 86400)
        if before == after, shown(local - before) == local { return local - before }
        var instant = local - max(before, after) - 7200
        while shown(instant) < local { instant += 300 }
        return instant
    }

    @Test("are where the wall clock has them, one for each, in order", arguments: zones, schedules.indices)
    func slots(zone name: String, schedule index: Int) throws {
        let zone = try #require(TimeZone(identifier: name))
        let schedule = Self.schedules[index]
        let calendar = try BackupPolicy.Schedule(cron: schedule.cron, timeZone: name).slotCalendar()
        let end = schedule.years == 10 ? Self.end : Self.begin.addingTimeInterval(Double(schedule.years) * 365 * 86400)
        let found = calendar.slots(after: Self.begin, through: end)
        var expected: Set<Int> = []
        var days = Calendar(identifier: .gregorian)
        days.timeZone = .gmt
        for day in (Int(Self.begin.timeIntervalSince1970) / 86400 - 2)...(Int(end.timeIntervalSince1970) / 86400 + 2) {
            let date = days.dateComponents(
                [.day, .month, .weekday, .weekdayOrdinal], from: Date(timeIntervalSince1970: Double(day) * 86400))
            guard schedule.fires(date) else { continue }
            for minute in schedule.minutes { expected.insert(instant(day * 86400 + minute * 60, zone)) }
        }
        let range = Int(Self.begin.timeIntervalSince1970) + 1...Int(end.timeIntervalSince1970)
        #expect(found.map { Int($0.timeIntervalSince1970) } == expected.filter(range.contains).sorted())
    }

    @Test(
        "after any downtime give one backup, of the oldest slot inside the deadline, and then the regular ones",
        arguments: zones)
    func downtime(zone: String) throws {
        let calendar = try BackupPolicy.Schedule(cron: "0 */4 * * *", timeZone: zone).slotCalendar()
        let deadline = TimeInterval(6 * 3600)
        var now = Self.begin
        var last: Date?
        var taken: [Date] = []
        var round = 0
        while now < Self.end {
            // An hour, a day, a month of downtime by turns, and between them a week of looking every twenty minutes.
            let decision = ScheduleDecision.decide(
                ScheduleDecision.Input(
                    calendar: calendar, lastSlot: last, createdAt: Self.begin, isRunning: false, isSuspended: false,
                    startingDeadline: .seconds(6 * 3600), jitter: .zero, seed: "x"), now: now)
            if let due = decision.due {
                #expect(due <= now && due > now.addingTimeInterval(-deadline - 1))
                #expect(calendar.next(after: max(last ?? Self.begin, now.addingTimeInterval(-deadline))) == due)
                if let previous = taken.last { #expect(due > previous, "no slot is taken twice") }
                let handled = try #require(decision.handled)
                #expect(
                    try #require(calendar.next(after: handled)) > now, "nothing missed is left to be caught up with")
                taken.append(due)
                last = handled
            } else if let next = decision.next {
                #expect(next > now)
            }
            round += 1
            now.addTimeInterval(round % 504 != 0 ? 1200 : [3600.0, 86400, 30 * 86400][(round / 504) % 3])
        }
        #expect(taken.count > 5000)
    }
}
