/// The five fields of a schedule: minute, hour, day of month, month, day of week.
///
/// Names (`JAN`, `MON`), ranges, lists, steps, and `MON#1` for the nth weekday of a month. As in cron(5), where both days
/// are restricted one of them suffices.
public struct CronExpression: Sendable, Hashable {
    public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        public var description: String
    }

    var minutes: UInt64
    var hours: UInt64
    var daysOfMonth: UInt64
    var months: UInt64
    /// Sunday is bit 0.
    var daysOfWeek: UInt64
    /// Weekday and which of the month, from 1.
    var nthWeekdays: [NthWeekday]
    var restrictsDayOfMonth: Bool
    var restrictsDayOfWeek: Bool

    struct NthWeekday: Sendable, Hashable {
        var weekday: Int
        var ordinal: Int
    }

    /// - Throws: ``ParseError``, which names the field.
    public init(_ text: String) throws(ParseError) {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard fields.count == 5 else {
            throw ParseError(
                description:
                    "\"\(text)\" has \(fields.count) fields; it needs five: minute, hour, day of month, month, day of week"
            )
        }
        minutes = try Field.minute.parse(fields[0])
        hours = try Field.hour.parse(fields[1])
        daysOfMonth = try Field.dayOfMonth.parse(fields[2])
        months = try Field.month.parse(fields[3])
        var plain: [String] = []
        nthWeekdays = []
        for part in fields[4].split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let hash = part.firstIndex(of: "#") else {
                plain.append(part)
                continue
            }
            guard let weekday = Field.dayOfWeek.value(String(part[..<hash])),
                let ordinal = Int(part[part.index(after: hash)...]),
                (1...5).contains(ordinal)
            else { throw ParseError(description: "day of week \"\(part)\": write MON#1 to MON#5") }
            nthWeekdays.append(NthWeekday(weekday: weekday % 7, ordinal: ordinal))
        }
        var days = plain.isEmpty ? 0 : try Field.dayOfWeek.parse(plain.joined(separator: ","))
        if days & 1 << 7 != 0 { days = days & ~(1 << 7) | 1 }  // 7 is Sunday too
        daysOfWeek = days
        restrictsDayOfMonth = !fields[2].hasPrefix("*")
        restrictsDayOfWeek = !fields[4].hasPrefix("*")
    }

    func matches(_ day: CivilDay) -> Bool {
        guard months & 1 << UInt64(day.month) != 0 else { return false }
        let byMonth = daysOfMonth & 1 << UInt64(day.day) != 0
        let weekday = day.weekday
        let byWeek =
            daysOfWeek & 1 << UInt64(weekday) != 0
            || nthWeekdays.contains { $0.weekday == weekday && $0.ordinal == (day.day - 1) / 7 + 1 }
        return restrictsDayOfMonth && restrictsDayOfWeek ? byMonth || byWeek : byMonth && byWeek
    }

    /// Seconds of the day, rising.
    var times: [Int] {
        var result: [Int] = []
        for hour in 0..<24 where Self.has(hours, hour) {
            for minute in 0..<60 where Self.has(minutes, minute) { result.append(hour * 3600 + minute * 60) }
        }
        return result
    }

    private static func has(_ bits: UInt64, _ index: Int) -> Bool { bits >> UInt64(index) & 1 == 1 }

    private struct Field {
        var name: String
        var range: ClosedRange<Int>
        var names: [String] = []

        static let minute = Field(name: "minute", range: 0...59)
        static let hour = Field(name: "hour", range: 0...23)
        static let dayOfMonth = Field(name: "day of month", range: 1...31)
        static let month = Field(
            name: "month", range: 1...12,
            names: ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
        static let dayOfWeek = Field(
            name: "day of week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

        func value(_ text: String) -> Int? {
            if let number = Int(text) {
                return range.contains(number) && text.first != "+" && text.first != "-" ? number : nil
            }
            return text.isEmpty ? nil : names.firstIndex(of: text.uppercased())
        }

        func parse(_ text: String) throws(ParseError) -> UInt64 {
            var bits: UInt64 = 0
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let halves = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                let fault = ParseError(
                    description:
                        "\(name) \"\(part)\" is not understood; allowed are \(range.lowerBound) to \(range.upperBound), *, ranges a-b, lists a,b and steps */n"
                )
                var step = 1
                if halves.count == 2 {
                    guard let number = Int(halves[1]), number > 0 else { throw fault }
                    step = number
                } else if halves.count != 1 {
                    throw fault
                }
                let bounds: ClosedRange<Int>
                if halves[0] == "*" {
                    bounds = range.upperBound == 7 ? 0...6 : range
                } else {
                    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map {
                        value(String($0))
                    }
                    guard ends.count <= 2, let first = ends.first ?? nil else { throw fault }
                    // A single number with a step goes on to the end, as cron has it.
                    guard let last = ends.count == 2 ? ends[1] : halves.count == 2 ? range.upperBound : first,
                        first <= last
                    else {
                        throw fault
                    }
                    bounds = first...last
                }
                for number in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
                    bits |= 1 << UInt64(number)
                }
            }
            return bits
        }
    }
}

/// A day of the Gregorian calendar, by its number since 1970-01-01.
struct CivilDay: Sendable, Hashable {
    let number: Int
    let month: Int
    let day: Int

    /// Howard Hinnant's `civil_from_days`: exact for every day of the proleptic calendar.
    init(number: Int) {
        self.number = number
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    }

    /// Sunday is 0; 1970-01-01 was a Thursday.
    var weekday: Int { ((number + 4) % 7 + 7) % 7 }
}
