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

    /// Minutes of the day at which each schedule fires daily.
    static let schedules: [(cron: String, minutes: [Int])] = [
        ("0 2 * * *", [120]), ("30 2 * * *", [150]), ("5 0 * * *", [5]), ("55 23 * * *", [1435]),
        ("15,45 1-3 * * *", [75, 105, 135, 165, 195, 225]),
    ]

    /// The first instant at which the wall shows `local` seconds since 1970 or, where it never does, has jumped over it.
    private func instant(_ local: Int, _ zone: TimeZone) -> Int {
        func shown(_ instant: Int) -> Int { instant + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))) }
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
        let found = calendar.slots(after: Self.begin, through: Self.end)
        var expected: Set<Int> = []
        for day in (Int(Self.begin.timeIntervalSince1970) / 86400 - 2)...(Int(Self.end.timeIntervalSince1970) / 86400 + 2) {
            for minute in schedule.minutes { expected.insert(instant(day * 86400 + minute * 60, zone)) }
        }
        let range = Int(Self.begin.timeIntervalSince1970) + 1...Int(Self.end.timeIntervalSince1970)
        #expect(found.map { Int($0.timeIntervalSince1970) } == expected.filter(range.contains).sorted())
    }

    @Test("after any downtime give one backup, of the oldest slot inside the deadline, and then the regular ones", arguments: zones)
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
                #expect(try #require(calendar.next(after: handled)) > now, "nothing missed is left to be caught up with")
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
