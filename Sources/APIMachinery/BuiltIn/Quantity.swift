import KubernetesModel

/// Amounts such as `500m` and `1Gi`, in the one way in which Kubernetes writes each.
enum Quantity {
    /// The format by which a schema marks them.
    static let format = "quantity"

    /// As Kubernetes stores it: the largest suffix without a fraction. What is none stays as it is.
    static func canonical(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let unsigned = text.drop { $0 == "-" || $0 == "+" }
        let number = unsigned.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let suffix = String(unsigned.dropFirst(number.count))
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        guard parts.count <= 2, let digits = Int128(String(parts.first ?? "") + fraction) else { return text }
        if digits == 0 { return "0" }
        var result: String?
        if let power = binary.firstIndex(of: suffix) {
            result = binaryText(digits, fraction: fraction.count, power: power + 1)
        } else if let exponent = decimal[suffix] ?? scientific(suffix) {
            result = decimalText(digits, exponent: exponent - fraction.count, isScientific: decimal[suffix] == nil)
        }
        return result.map { isNegative ? "-\($0)" : $0 } ?? text
    }

    private static let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    private static let decimal = [
        "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
    ]

    private static func scientific(_ suffix: String) -> Int? {
        guard let first = suffix.first, first == "e" || first == "E" else { return nil }
        return Int(suffix.dropFirst())
    }

    private static func binaryText(_ digits: Int128, fraction: Int, power: Int) -> String? {
        var value = digits
        for _ in 0..<power {
            let (product, isOver) = value.multipliedReportingOverflow(by: 1024)
            if isOver { return nil }
            value = product
        }
        var divisor: Int128 = 1
        for _ in 0..<fraction { divisor *= 10 }
        value = (value + divisor - 1) / divisor
        // Below a Ki there is nothing binary about it.
        if value < 1024 { return decimalText(value, exponent: 0, isScientific: false) }
        var steps = 0
        while value % 1024 == 0, steps < binary.count {
            value /= 1024
            steps += 1
        }
        return String(value) + (steps == 0 ? "" : binary[steps - 1])
    }

    private static func decimalText(_ digits: Int128, exponent: Int, isScientific: Bool) -> String? {
        var (value, exponent) = (digits, exponent)
        while value % 10 == 0 {
            value /= 10
            exponent += 1
        }
        // Nothing is smaller than a billionth; what is, is rounded up.
        while exponent < -9 {
            value = (value + 9) / 10
            exponent += 1
        }
        while exponent % 3 != 0 || exponent > 18 {
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            if isOver { return nil }
            value = product
            exponent -= 1
        }
        if isScientific { return String(value) + (exponent == 0 ? "" : "e\(exponent)") }
        return decimal.first { $0.value == exponent }.map { String(value) + $0.key }
    }
}

extension SchemaNode {
    /// With every quantity in the way in which it is stored.
    func withCanonicalQuantities(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            guard !properties.isEmpty || additionalProperties != nil else { return value }
            return .object(
                members.reduce(into: members) { result, pair in
                    if let node = member(pair.key) { result[pair.key] = node.withCanonicalQuantities(pair.value) }
                })
        case .array(let list): return items.map { node in .array(list.map(node.withCanonicalQuantities)) } ?? value
        case .string(let text) where format == Quantity.format: return .string(Quantity.canonical(text))
        case .integer(let number) where format == Quantity.format: return .string(Quantity.canonical(String(number)))
        case .number(let number) where format == Quantity.format: return .string(Quantity.canonical("\(number)"))
        default: return value
        }
    }
}
