import Foundation
import Testing

@testable import RecoveryAPI

private func date(_ text: String) -> Date {
    (try? Date(text, strategy: Date.ISO8601FormatStyle())) ?? .distantPast
}

private func calendar(_ cron: String, _ zone: String = "Etc/UTC") throws -> SlotCalendar {
    try BackupPolicy.Schedule(cron: cron, timeZone: zone).slotCalendar()
}

@Suite("A schedule")
struct ScheduleTests {
    @Test(
        "has its next slot where cron(5) has it",
        arguments: [
            ("0 2 * * *", "Etc/UTC", "2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"),
            ("*/30 * * * *", "Etc/UTC", "2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z"),
            ("0 6 * * MON#1", "Etc/UTC", "2026-11-23T00:00:00Z", "2026-12-07T06:00:00Z"),
            ("15 10-12/2 * * *", "Etc/UTC", "2026-11-23T10:15:00Z", "2026-11-23T12:15:00Z"),
            ("0 0 29 2 *", "Etc/UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 13 * FRI", "Etc/UTC", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 1 JAN,jul *", "Etc/UTC", "2026-11-23T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 * * 7", "Etc/UTC", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"),
            // Winter time: 02:00 in Berlin is 01:00 in London's day.
            ("0 2 * * *", "Europe/Berlin", "2026-11-23T02:00:00Z", "2026-11-24T01:00:00Z"),
            // The spring gap: 02:30 is not on the clock of 29 March 2026; right after it is 01:00Z.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
            // The autumn repeat: 02:30 comes twice on 25 October 2026; the first counts.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            ("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z"),
            // Half an hour of summer time: the gap of 4 October 2026 is 02:00 to 02:30.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"),
        ])
    func next(cron: String, zone: String, after: String, expected: String) throws {
        #expect(try calendar(cron, zone).next(after: date(after)) == date(expected))
    }

    @Test(
        "that cannot be read names the field",
        arguments: [
            ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of month"), ("* * * 13 *", "month"),
            ("* * * * 8", "day of week"), ("* * * * MON#6", "MON#1"), ("*/0 * * * *", "minute"),
            ("5-1 * * * *", "minute"),
            ("* * * *", "five"), ("", "five"), ("a * * * *", "minute"), ("+1 * * * *", "minute"),
            ("1, * * * *", "minute"),
        ])
    func unreadable(cron: String, word: String) throws {
        let error = #expect(throws: SpecError.self) { try calendar(cron) }
        #expect(error?.field == "spec.schedule.cron")
        #expect(error?.message.contains(word) == true, "\(String(describing: error))")
    }

    @Test("that never fires is refused, and so is an unknown zone")
    func never() throws {
        #expect(#expect(throws: SpecError.self) { try calendar("0 0 31 2 *") }?.reason == Reason.cronNeverFires)
        #expect(
            #expect(throws: SpecError.self) { try calendar("0 0 * * *", "Mars/Base") }?.reason == Reason.unknownTimeZone
        )
    }

    private func input(last: String?, created: String, running: Bool = false, suspended: Bool = false) throws
        -> ScheduleDecision.Input
    {
        ScheduleDecision.Input(
            calendar: try calendar("0 * * * *"), lastSlot: last.map(date), createdAt: date(created), isRunning: running,
            isSuspended: suspended, startingDeadline: .seconds(6 * 3600), jitter: .zero, seed: "x")
    }

    @Test("takes nothing on first install, and the first slot after it")
    func firstInstall() throws {
        let fresh = try input(last: nil, created: "2026-11-23T10:30:00Z")
        #expect(ScheduleDecision.decide(fresh, now: date("2026-11-23T10:31:00Z")).due == nil)
        #expect(ScheduleDecision.decide(fresh, now: date("2026-11-23T11:00:00Z")).due == date("2026-11-23T11:00:00Z"))
    }

    @Test(
        "catches up once after downtime, with the oldest slot inside the deadline",
        arguments: [
            ("2026-11-23T10:00:00Z", "2026-11-23T12:10:00Z", "2026-11-23T11:00:00Z"),
            ("2026-11-22T10:00:00Z", "2026-11-23T12:10:00Z", "2026-11-23T07:00:00Z"),
            ("2026-10-20T10:00:00Z", "2026-11-23T12:10:00Z", "2026-11-23T07:00:00Z"),
        ])
    func catchUp(last: String, now: String, due: String) throws {
        let output = ScheduleDecision.decide(try input(last: last, created: "2026-01-01T00:00:00Z"), now: date(now))
        #expect(output.due == date(due))
        #expect(output.handled == date("2026-11-23T12:00:00Z"))
    }

    @Test("takes none while one runs or while it is suspended")
    func held() throws {
        let now = date("2026-11-23T12:10:00Z")
        let running = try input(last: "2026-11-23T10:00:00Z", created: "2026-01-01T00:00:00Z", running: true)
        let suspended = try input(last: "2026-11-23T10:00:00Z", created: "2026-01-01T00:00:00Z", suspended: true)
        #expect(ScheduleDecision.decide(running, now: now).due == nil)
        #expect(ScheduleDecision.decide(suspended, now: now).due == nil)
    }

    @Test("names a backup by its slot, and a triggered one by its trigger")
    func names() {
        #expect(ScheduleDecision.backupName(policy: "db", slot: date("2026-11-23T02:00:00Z")) == "db-20261123-020000")
        let one = ScheduleDecision.backupName(policy: "db", trigger: "A.b")
        #expect(one == ScheduleDecision.backupName(policy: "db", trigger: "A.b"))
        #expect(one != ScheduleDecision.backupName(policy: "db", trigger: "a-b"))
    }

    @Test("slower than its own objective is told at once: the runbook's daily dump against an hour")
    func slow() throws {
        let now = date("2026-11-23T02:10:00Z")
        let output = ObjectiveDecision.decide(
            rpo: Span("1h"), recoverableTo: date("2026-11-23T02:00:00Z"), createdAt: now,
            calendar: try calendar("0 2 * * *"), now: now)
        #expect(output.isMet == false)
        #expect(output.reason == Reason.scheduleSlowerThanObjective)
        #expect(output.column == "met 10m/1h")
    }

    @Test(
        "a recovery point of the future is never met, and what is a moment ahead is of now",
        arguments: [(5.0, true), (3600.0, false), (1e9, false)])
    func future(ahead: TimeInterval, isMet: Bool) {
        let now = date("2026-11-23T05:00:00Z")
        let output = ObjectiveDecision.decide(
            rpo: Span("1h"), recoverableTo: now + ahead, createdAt: now, calendar: nil, now: now)
        #expect(output.isMet == isMet && output.column.hasPrefix(isMet ? "met 0s" : "BREACHED"))
        if !isMet {
            #expect(output.message.contains("ahead of the clock") && output.changesAt.map { $0 > now } == true)
        }
        let without = ObjectiveDecision.decide(
            rpo: nil, recoverableTo: now + ahead, createdAt: now + ahead, calendar: nil, now: now)
        #expect(without.isMet == nil)
    }

    @Test("the longest gap of a schedule is worked out once a day for each schedule and zone")
    func gaps() throws {
        let gaps = SlotGaps()
        let now = date("2026-11-23T05:00:00Z")
        let often = try calendar("*/5 * * * *")
        for minute in 0..<60 { #expect(gaps.longest(often, on: now + Double(minute) * 60) == 300) }
        #expect(gaps.count == 1)
        #expect(gaps.longest(try calendar("0 2 * * MON-FRI"), on: now) == 3 * 86400)
        #expect(gaps.longest(try calendar("0 2 29 2 *"), on: now) == 35 * 86400)
        // The spring gap of Berlin, and the autumn.
        #expect(gaps.longest(try calendar("0 4 * * *", "Europe/Berlin"), on: date("2026-10-20T00:00:00Z")) == 25 * 3600)
        #expect(gaps.longest(try calendar("0 4 * * *", "Europe/Berlin"), on: date("2026-08-20T00:00:00Z")) == 24 * 3600)
        let daily = try calendar("0 4 * * *")
        for day in 0..<600 { _ = gaps.longest(daily, on: now + Double(day) * 86400) }
        #expect(gaps.count <= SlotGaps.limit)
    }

    @Test("breaches when the newest recoverable moment is too old")
    func breach() throws {
        let now = date("2026-11-23T05:00:00Z")
        let output = ObjectiveDecision.decide(
            rpo: Span("1h"), recoverableTo: date("2026-11-23T02:00:00Z"), createdAt: now,
            calendar: try calendar("*/10 * * * *"), now: now)
        #expect(output.isMet == false)
        #expect(output.column == "BREACHED 3h/1h")
    }
}

@Suite("A span of time")
struct SpanTests {
    @Test("is read as people write it", arguments: [("90s", 90), ("15m", 900), ("36h", 129_600), ("30d", 2_592_000)])
    func read(text: String, seconds: Int64) { #expect(Span(text)?.seconds == seconds) }

    @Test("is refused otherwise", arguments: ["", "h", "1", "0m", "-1h", "1.5h", "1w", "99999999999s", "1 h"])
    func refuse(text: String) { #expect(Span(text) == nil) }
}
