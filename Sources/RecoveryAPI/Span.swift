/// A span of time as people write it in a resource: `90s`, `15m`, `36h`, `30d`.
public struct Span: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let seconds: Int64
    /// As it was written: `24h` stays `24h`.
    public let description: String

    /// - Returns: nil for anything but a positive number of at most nine digits and one of the units s, m, h, d.
    public init?(_ text: String) {
        guard let unit = text.last, let scale = ["s": 1, "m": 60, "h": 3600, "d": 86400][unit] as Int64? else {
            return nil
        }
        let digits = text.dropLast()
        guard (1...9).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int64(digits),
            count > 0
        else { return nil }
        seconds = count * scale
        description = text
    }

    public init(seconds: Int64) {
        self.seconds = seconds
        description = Self.text(seconds: seconds)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let span = Span(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not a span of time; write 90s, 15m, 36h or 30d")
        }
        self = span
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public var duration: Duration { .seconds(seconds) }

    public static func == (left: Span, right: Span) -> Bool { left.seconds == right.seconds }
    public static func < (left: Span, right: Span) -> Bool { left.seconds < right.seconds }
    public func hash(into hasher: inout Hasher) { hasher.combine(seconds) }

    /// The shortest honest text of a number of seconds, two units at most: `14m`, `1h30m`, `3d`. What columns show.
    public static func text(seconds: Int64) -> String {
        let value = max(0, seconds)
        switch value {
        case ..<120: return "\(value)s"
        case ..<7200: return value % 60 == 0 || value >= 600 ? "\(value / 60)m" : "\(value / 60)m\(value % 60)s"
        case ..<172_800:
            let minutes = value % 3600 / 60
            return minutes == 0 ? "\(value / 3600)h" : "\(value / 3600)h\(minutes)m"
        default:
            let hours = value % 86400 / 3600
            return hours == 0 || value >= 864_000 ? "\(value / 86400)d" : "\(value / 86400)d\(hours)h"
        }
    }
}
