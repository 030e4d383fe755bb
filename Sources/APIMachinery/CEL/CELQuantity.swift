import Foundation

/// A Kubernetes quantity (`1500m`, `2Gi`) by its exact decimal value.
struct CELQuantity: Sendable, Hashable {
    let text: String
    let value: Decimal

    init(_ value: Decimal) {
        self.value = value
        text = "\(value)"
    }

    init?(parsing text: String) {
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." || $0 == "+" || $0 == "-" }
        let suffix = String(text.dropFirst(number.count))
        let digits = number.drop { $0 == "+" || $0 == "-" }
        guard digits.contains(where: \.isNumber), digits.allSatisfy({ $0.isNumber || $0 == "." }),
            digits.filter({ $0 == "." }).count <= 1,
            let magnitude = Decimal(string: String(number.first == "+" ? number.dropFirst() : number)),
            let factor = Self.factor(suffix)
        else { return nil }
        self.text = text
        value = magnitude * factor
    }

    static func == (left: CELQuantity, right: CELQuantity) -> Bool { left.value == right.value }
    func hash(into hasher: inout Hasher) { hasher.combine(value) }

    private static func factor(_ suffix: String) -> Decimal? {
        let powersOfTen: [String: Int] = [
            "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
        ]
        if let power = powersOfTen[suffix] { return Decimal(sign: .plus, exponent: power, significand: 1) }
        if let power = ["Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6][suffix] {
            return (0..<power).reduce(Decimal(1)) { result, _ in result * 1024 }
        }
        guard let sign = suffix.first, sign == "e" || sign == "E", let power = Int(suffix.dropFirst()), abs(power) < 100
        else { return nil }
        return Decimal(sign: .plus, exponent: power, significand: 1)
    }

    /// nil for a fraction and for what does not fit.
    var integer: Int64? {
        let number = NSDecimalNumber(decimal: value)
        return Decimal(number.int64Value) == value ? number.int64Value : nil
    }

    var double: Double { NSDecimalNumber(decimal: value).doubleValue }
}

/// An absolute address, or a path that begins at the root.
struct CELURL: Sendable, Hashable {
    let text: String
    let components: URLComponents

    init?(parsing text: String) {
        guard StringFormat.isURI(text), let components = URLComponents(string: text) else { return nil }
        self.text = text
        self.components = components
    }

    var hostname: String {
        let host = components.host ?? ""
        return host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    var host: String {
        let name = hostname.contains(":") ? "[\(hostname)]" : hostname
        return components.port.map { "\(name):\($0)" } ?? name
    }

    var query: [CELValue: CELValue] {
        var result: [String: [CELValue]] = [:]
        for item in components.queryItems ?? [] { result[item.name, default: []].append(.string(item.value ?? "")) }
        return Dictionary(uniqueKeysWithValues: result.map { (CELValue.string($0.key), CELValue.list($0.value)) })
    }
}
