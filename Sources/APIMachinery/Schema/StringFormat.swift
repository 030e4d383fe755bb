import Foundation
import KubernetesModel

/// The formats of strings that Kubernetes checks; any other name is a remark for people.
enum StringFormat {
    static func isValid(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time", "datetime": isDateTime(text)
        case "date": text.utf8.count == 10 && isDateTime(text + "T00:00:00Z")
        case "duration": GoDuration.parse(text) != nil
        case "byte": isBase64(text)
        case "uri": isURI(text)
        case "email": isEmail(text)
        case "hostname": isHostname(text)
        case "ipv4": isIPv4(text)
        case "ipv6": isIPv6(text)
        case "cidr": isCIDR(text)
        case "mac": matches(#"^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$"#, text)
        case "uuid": isUUID(text, version: nil)
        case "uuid3": isUUID(text, version: "3")
        case "uuid4": isUUID(text, version: "4")
        case "uuid5": isUUID(text, version: "5")
        case "hexcolor": matches(#"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"#, text)
        case "bsonobjectid": matches(#"^[0-9a-fA-F]{24}$"#, text)
        case "ssn": matches(#"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#, text)
        default: true
        }
    }

    /// RFC 3339, the date separated by `T` or `t`, a zone demanded.
    static func isDateTime(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") else { return false }
        func digits(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10), let hour = digits(11..<13),
            let minute = digits(14..<16), let second = digits(17..<19), bytes[4] == 45, bytes[7] == 45, bytes[13] == 58,
            bytes[16] == 58, (1...12).contains(month), hour < 24, minute < 60, second < 60, day >= 1
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= days[month - 1] else { return false }
        var position = 19
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
            if position == start { return false }
        }
        guard position < bytes.count else { return false }
        switch bytes[position] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return position + 1 == bytes.count
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard bytes.count == position + 6, bytes[position + 3] == 58,
                let hours = digits(position + 1..<position + 3),
                let minutes = digits(position + 4..<position + 6)
            else { return false }
            return hours < 24 && minutes < 60
        default: return false
        }
    }

    static func isBase64(_ text: String) -> Bool { Data(base64Encoded: text) != nil }

    static func isURI(_ text: String) -> Bool {
        guard let url = URL(string: text), !text.contains(" ") else { return false }
        return url.scheme != nil || text.hasPrefix("/")
    }

    private static func isEmail(_ text: String) -> Bool {
        matches(#"^[^@\s<>]+@[^@\s<>]+$"#, text)
    }

    private static func isHostname(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
    }

    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }) else {
                    return false
                }
                return part == "0" || part.first != "0" && Int(part).map { $0 < 256 } == true
            }
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return text.contains(":") && inet_pton(AF_INET6, text, &address) == 1
    }

    static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let bits = Int(parts[1]), bits >= 0 else { return false }
        return isIPv4(parts[0]) && bits <= 32 || isIPv6(parts[0]) && bits <= 128
    }

    private static func isUUID(_ text: String, version: Character?) -> Bool {
        let digits = text.filter { $0 != "-" }
        guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit) else { return false }
        guard let version else { return true }
        return digits[digits.index(digits.startIndex, offsetBy: 12)] == version
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func matches(_ pattern: String, _ text: String) -> Bool {
        RegularExpression(pattern)?.matches(text) ?? false
    }
}
