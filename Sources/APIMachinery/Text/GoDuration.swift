/// Spans as Go writes them: `1h30m`, `250ms`, `-1.5s`.
enum GoDuration {
    /// Nanoseconds; nil for what is no duration or does not fit.
    static func parse(_ text: String) -> Int64? {
        var rest = Substring(text)
        var sign: Double = 1
        if let first = rest.first, first == "-" || first == "+" {
            if first == "-" { sign = -1 }
            rest.removeFirst()
        }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        var total: Double = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number.last == "." ? number + "0" : number), let size = units[String(unit)] else {
                return nil
            }
            total += value * size
        }
        return Int64(exactly: (sign * total).rounded())
    }

    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    /// `1h30m0s`, as Go's `String` method.
    static func text(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        func fraction(_ unit: UInt64) -> String {
            let whole = magnitude / unit
            var digits = String(magnitude % unit)
            digits = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
            while digits.last == "0" { digits.removeLast() }
            return digits.isEmpty ? "\(whole)" : "\(whole).\(digits)"
        }
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return "\(sign)\(fraction(1_000))µs" }
        if magnitude < 1_000_000_000 { return "\(sign)\(fraction(1_000_000))ms" }
        let seconds = magnitude / 1_000_000_000
        var result = sign
        if seconds >= 3600 { result += "\(seconds / 3600)h" }
        if seconds >= 60 { result += "\(seconds / 60 % 60)m" }
        let rest = magnitude % 60_000_000_000
        var digits = String(rest % 1_000_000_000)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return result + "\(rest / 1_000_000_000)" + (digits.isEmpty ? "" : ".\(digits)") + "s"
    }
}
