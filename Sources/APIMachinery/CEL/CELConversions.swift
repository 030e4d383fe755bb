import Foundation

/// `int(x)`, `string(x)` and the like.
enum CELConversions {
    static func base64(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map { Array($0) } }
    static func text(base64 bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// nil for what has no text: lists, maps, null.
    static func string(_ value: CELValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let value): String(value)
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): GoFormat.number(value)
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .duration(let span): secondsText(span)
        case .timestamp(let time): time.text
        case .type(let name): name
        case .url(let url): url.text
        case .quantity(let quantity): quantity.text
        default: nil
        }
    }

    /// Durations become text in seconds: `90s`, `1.5s`.
    private static func secondsText(_ span: Int64) -> String { CompactJSON.number(Double(span) / 1e9) + "s" }

    static func convert(_ name: String, _ value: CELValue) throws(CELProgram.Failure) -> CELValue? {
        switch (name, value) {
        case ("dyn", _): return value
        case ("type", _): return .type(value.typeName)
        case ("string", _): return string(value).map(CELValue.string)
        case ("int", _): return try integer(value).map(CELValue.int)
        case ("uint", _): return try unsigned(value).map(CELValue.uint)
        case ("double", .string(let text)):
            guard let number = Double(text) else { throw unconvertible("double") }
            return .double(number)
        case ("double", _): return CELNumber.double(value).map(CELValue.double)
        case ("bool", .bool): return value
        case ("bool", .string(let text)):
            switch text {
            case "1", "t", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "false", "FALSE", "False": return .bool(false)
            default: throw unconvertible("bool")
            }
        case ("bytes", .bytes): return value
        case ("bytes", .string(let text)): return .bytes(Array(text.utf8))
        case ("duration", .duration), ("timestamp", .timestamp): return value
        case ("duration", .string(let text)):
            guard let span = GoDuration.parse(text) else { throw unconvertible("google.protobuf.Duration") }
            return .duration(span)
        case ("timestamp", .string(let text)):
            guard let time = CELTime(parsing: text) else { throw unconvertible("google.protobuf.Timestamp") }
            return .timestamp(time)
        case ("timestamp", .int(let seconds)): return .timestamp(CELTime(seconds: seconds, nanoseconds: 0))
        default: return nil
        }
    }

    private static func integer(_ value: CELValue) throws(CELProgram.Failure) -> Int64? {
        switch value {
        case .int(let number): return number
        case .uint(let number):
            guard let whole = Int64(exactly: number) else { throw overflow }
            return whole
        case .double(let number):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { throw overflow }
            return whole
        case .string(let text):
            guard let whole = Int64(text) else { throw unconvertible("int") }
            return whole
        case .timestamp(let time): return time.seconds
        case .duration(let span): return span
        default: return nil
        }
    }

    private static func unsigned(_ value: CELValue) throws(CELProgram.Failure) -> UInt64? {
        switch value {
        case .uint(let number): return number
        case .int(let number):
            guard let whole = UInt64(exactly: number) else { throw overflow }
            return whole
        case .double(let number):
            guard let whole = UInt64(exactly: number.rounded(.towardZero)) else { throw overflow }
            return whole
        case .string(let text):
            guard let whole = UInt64(text) else { throw unconvertible("uint") }
            return whole
        default: return nil
        }
    }

    /// Of a text that does not say such a value.
    private static func unconvertible(_ type: String) -> CELProgram.Failure {
        failure("type conversion error from 'string' to '\(type)'")
    }

    private static var overflow: CELProgram.Failure { failure("integer overflow") }
    private static func failure(_ message: String) -> CELProgram.Failure { CELProgram.Failure(message: message) }
}
