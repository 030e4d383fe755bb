import Foundation

/// An instant with nanoseconds.
struct CELTime: Sendable, Hashable {
    var seconds: Int64
    var nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64) {
        let carry = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
        self.seconds = seconds + carry
        self.nanoseconds = nanoseconds - carry * 1_000_000_000
    }

    /// RFC 3339.
    init?(parsing text: String) {
        guard StringFormat.isDateTime(text) else { return nil }
        let bytes = Array(text.utf8)
        func digits(_ start: Int, _ count: Int) -> Int64 {
            bytes[start..<start + count].reduce(0) { $0 * 10 + Int64($1) - 48 }
        }
        var position = 19
        var fraction: Int64 = 0
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            var scale: Int64 = 100_000_000
            while position < bytes.count, (48...57).contains(bytes[position]) {
                fraction += Int64(bytes[position] - 48) * scale
                scale /= 10
                position += 1
            }
        }
        var offset: Int64 = 0
        if bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
            offset = digits(position + 1, 2) * 3600 + digits(position + 4, 2) * 60
            if bytes[position] == UInt8(ascii: "-") { offset = -offset }
        }
        let days = Self.days(year: digits(0, 4), month: digits(5, 2), day: digits(8, 2))
        self.init(
            seconds: days * 86400 + digits(11, 2) * 3600 + digits(14, 2) * 60 + digits(17, 2) - offset,
            nanoseconds: fraction)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
    }

    func adding(_ span: Int64) -> CELTime { CELTime(seconds: seconds, nanoseconds: nanoseconds + span) }

    /// Nanoseconds from another instant to this; nil when they do not fit.
    func since(_ other: CELTime) -> Int64? {
        let (whole, overflow) = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : whole + nanoseconds - other.nanoseconds
    }

    var text: String {
        let whole = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(Date.ISO8601FormatStyle())
        if nanoseconds == 0 { return whole }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(whole.dropLast()).\(digits)Z"
    }

    /// - Parameter zone: an IANA name or `+02:00`; nil for UTC.
    func components(in zone: String?) -> DateComponents? {
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = Self.zone(zone) else { return nil }
        calendar.timeZone = zone
        return calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear],
            from: Date(timeIntervalSince1970: TimeInterval(seconds)))
    }

    private static func zone(_ name: String?) -> TimeZone? {
        guard let name, !name.isEmpty else { return TimeZone(secondsFromGMT: 0) }
        let parts = name.drop { $0 == "+" || $0 == "-" }.split(separator: ":")
        if parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]) {
            return TimeZone(secondsFromGMT: (hours * 3600 + minutes * 60) * (name.hasPrefix("-") ? -1 : 1))
        }
        return TimeZone(identifier: name)
    }
}

extension CELTime: Comparable {
    static func < (left: CELTime, right: CELTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
