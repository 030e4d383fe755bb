import KubernetesModel

/// Values as Go's `%v` and `%q` print them: error texts are made of these.
enum GoFormat {
    /// A fraction: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e+21 on.
    static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value), abs(value) < 1e21 {
            return abs(value) < 1e6 ? String(whole) : exponent(value)
        }
        if value.magnitude >= 1e6 || value.magnitude < 1e-4 { return exponent(value) }
        return "\(value)"
    }

    /// `1e+06`, `1.5e-07`.
    private static func exponent(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return "\(value)" }
        var digits: [Character] = []
        var pointAt: Int?
        var shift = 0
        let text = "\(value.magnitude)"
        let parts = text.split(separator: "e", maxSplits: 1)
        if parts.count == 2 { shift = Int(parts[1]) ?? 0 }
        for character in parts[0] {
            if character == "." { pointAt = digits.count } else { digits.append(character) }
        }
        var power = (pointAt ?? digits.count) - 1 + shift
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            power -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let size = String(abs(power))
        let mantissa = String(digits[0]) + (digits.count > 1 ? "." + String(digits[1...]) : "")
        return (value < 0 ? "-" : "") + mantissa + "e" + (power < 0 ? "-" : "+") + (size.count < 2 ? "0" : "") + size
    }

    static func quoted(_ text: String) -> String { CompactJSON.text(.string(text)) }
}
