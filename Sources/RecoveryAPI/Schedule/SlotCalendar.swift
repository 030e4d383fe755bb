public import Foundation

/// The slots of a schedule in a time zone, as instants.
///
/// A slot is a time on the clock on the wall. In a spring gap, where the clock jumps over it, it is the moment right after
/// the jump; several of them are then one. In an autumn repeat it is the first of the two.
public struct SlotCalendar: Sendable {
    public let expression: CronExpression
    public let timeZone: TimeZone
    private let times: [Int]

    public init(_ expression: CronExpression, timeZone: TimeZone) {
        self.expression = expression
        self.timeZone = timeZone
        times = expression.times
    }

    /// How far ahead a slot is looked for: 29 February on a given weekday comes every 28 years, and once in 40.
    static let horizonDays = 366 * 41

    /// The first slot after an instant; nil if there is none within 40 years.
    public func next(after instant: Date) -> Date? {
        let seconds = Int(instant.timeIntervalSince1970.rounded(.down))
        let local = seconds + timeZone.secondsFromGMT(for: instant)
        // From the day before: in a zone that jumped over midnight a slot of yesterday's date may be due today.
        let first = (local >= 0 ? local / 86400 : (local - 86399) / 86400) - 1
        for number in first...(first + Self.horizonDays) where expression.matches(CivilDay(number: number)) {
            if let slot = slot(on: number, after: seconds) { return Date(timeIntervalSince1970: Double(slot)) }
        }
        return nil
    }

    /// A later time on the wall never comes earlier: the first that is after the instant is found by halving, since each look
    /// at the zone costs much more than the rest.
    private func slot(on day: Int, after seconds: Int) -> Int? {
        var low = 0
        var high = times.count
        var found: Int?
        while low < high {
            let middle = (low + high) / 2
            let slot = instant(local: day * 86400 + times[middle])
            if slot > seconds {
                found = slot
                high = middle
            } else {
                low = middle + 1
            }
        }
        return found
    }

    /// Slots in (from, through], oldest first, at most `limit`.
    public func slots(after start: Date, through end: Date, limit: Int = 100_000) -> [Date] {
        var result: [Date] = []
        var cursor = start
        while result.count < limit, let slot = next(after: cursor), slot <= end {
            result.append(slot)
            cursor = slot
        }
        return result
    }

    private func offset(_ seconds: Int) -> Int {
        timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }

    /// The instant at which the wall shows `local`, given as if it were UTC.
    private func instant(local: Int) -> Int {
        let before = offset(local - 86400)
        let after = offset(local + 86400)
        let valid = Set([before, after]).map { local - $0 }.filter { offset($0) == local - $0 }
        if let first = valid.min() { return first }
        // A gap: the jump lies between the two candidates. Find its first second.
        var low = local - max(before, after)
        var high = local - min(before, after)
        let old = offset(low)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(middle) == old { low = middle } else { high = middle }
        }
        return high
    }
}

extension BackupPolicy.Schedule {
    /// - Parameters:
    ///   - path: where the schedule is in the resource.
    ///   - standard: the starting deadline where the schedule gives none.
    /// - Throws: ``SpecError`` naming the field and the mend.
    public func slotCalendar(
        at path: String = "spec.schedule", startingDeadline standard: Span = .standardStartingDeadline
    ) throws(SpecError) -> SlotCalendar {
        let expression: CronExpression
        do {
            expression = try CronExpression(cron)
        } catch {
            throw SpecError(field: "\(path).cron", message: error.description, reason: Reason.invalidSpec)
        }
        let name = timeZone ?? "Etc/UTC"
        guard let zone = TimeZone(identifier: name), name.contains("/") || name == "UTC" || name == "GMT" else {
            throw SpecError(
                field: "\(path).timeZone",
                message: "\"\(name)\" is not a known time zone; write an IANA name such as Europe/Berlin",
                reason: Reason.unknownTimeZone)
        }
        let calendar = SlotCalendar(expression, timeZone: zone)
        guard calendar.next(after: Date(timeIntervalSince1970: 1_700_000_000)) != nil else {
            throw SpecError(
                field: "\(path).cron", message: "\"\(cron)\" never fires: no year has that day",
                reason: Reason.cronNeverFires)
        }
        let deadline = startingDeadline ?? standard
        if let jitter, jitter.seconds >= deadline.seconds {
            throw SpecError(
                field: "\(path).jitter",
                message:
                    "a slot that starts up to \(jitter) late is too old for startingDeadline (\(deadline)) before it starts: make jitter smaller, or startingDeadline larger",
                reason: Reason.invalidSpec)
        }
        return calendar
    }
}

extension Span {
    /// How old a missed slot of a policy may be and still be caught up with, and how long a backup that fails is tried again.
    public static let standardStartingDeadline = Span(seconds: 6 * 3600)
}

/// A spec that no schema can refuse and that cannot be carried out.
public struct SpecError: Error, Sendable, Hashable, CustomStringConvertible {
    public var field: String
    public var message: String
    /// Of ``Reason``.
    public var reason: String

    public init(field: String, message: String, reason: String) {
        self.field = field
        self.message = message
        self.reason = reason
    }

    public var description: String { "\(field): \(message)" }
}
