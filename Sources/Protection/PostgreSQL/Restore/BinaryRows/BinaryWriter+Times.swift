extension BinaryWriter {
    private static let microsecondsOfDay: Int64 = 86_400_000_000

    /// `2026-05-25 09:31:23.7`, in universal time with `+00` behind it. Days before the year 1 and after 9999, and the
    /// infinite ones, have other forms.
    @inline(__always)
    mutating func timestamp(_ text: UnsafeRawBufferPointer, suffix: Int) -> Bool {
        let end = text.count - suffix
        guard end >= 19, text[10] == UInt8(ascii: " "), let days = Self.days(text),
            let time = Self.microseconds(text, 11..<end)
        else { return false }
        if suffix == 3 {
            guard text[end] == UInt8(ascii: "+"), text[end + 1] == UInt8(ascii: "0"), text[end + 2] == UInt8(ascii: "0")
            else { return false }
        }
        store(Int64(days) * Self.microsecondsOfDay + time)
        return true
    }

    mutating func date(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 10, let days = Self.days(text) else { return false }
        store(Int32(days))
        return true
    }

    mutating func time(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 8, let time = Self.microseconds(text, 0..<text.count) else { return false }
        store(time)
        return true
    }

    /// Days since 2000-01-01, the server's own beginning, of a date in the first ten bytes.
    @inline(__always)
    private static func days(_ text: UnsafeRawBufferPointer) -> Int? {
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), let year = DecimalText.digits(text, 0..<4),
            let month = DecimalText.digits(text, 5..<7), let day = DecimalText.digits(text, 8..<10),
            year >= 1, (1...12).contains(month), day >= 1, day <= length(month, year)
        else { return nil }
        // Years that begin in March have their leap day at the end; 400 of them have 146,097 days.
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - daysToBeginning
    }

    /// From 0000-03-01 to 2000-01-01.
    private static let daysToBeginning = 730_425

    @inline(__always)
    private static func length(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `09:31:23`, with one to six more digits behind a point.
    @inline(__always)
    private static func microseconds(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int64? {
        let start = range.lowerBound
        guard text[start + 2] == UInt8(ascii: ":"), text[start + 5] == UInt8(ascii: ":"),
            let hour = DecimalText.digits(text, start..<start + 2), hour < 24,
            let minute = DecimalText.digits(text, start + 3..<start + 5), minute < 60,
            let second = DecimalText.digits(text, start + 6..<start + 8), second < 60
        else { return nil }
        var fraction = 0
        if range.count > 8 {
            let digits = range.count - 9
            guard text[start + 8] == UInt8(ascii: "."), (1...6).contains(digits),
                var value = DecimalText.digits(text, start + 9..<range.upperBound)
            else { return nil }
            for _ in digits..<6 { value *= 10 }
            fraction = value
        }
        return Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(fraction)
    }
}
