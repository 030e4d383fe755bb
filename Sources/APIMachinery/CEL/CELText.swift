import Foundation

/// Methods of texts. Places count Unicode scalars.
enum CELText {
    typealias Failure = CELProgram.Failure

    static func call(_ name: String, _ text: String, _ values: [CELValue]) throws(Failure) -> CELValue? {
        let texts = values.compactMap { value in if case .string(let text) = value { text } else { nil } }
        let numbers = values.compactMap { value in if case .int(let number) = value { Int(number) } else { nil } }
        switch (name, texts.count, numbers.count) {
        case ("contains", 1, 0): return .bool(texts[0].isEmpty || text.range(of: texts[0], options: .literal) != nil)
        case ("startsWith", 1, 0): return .bool(text.utf8.starts(with: texts[0].utf8))
        case ("endsWith", 1, 0): return .bool(text.utf8.reversed().starts(with: texts[0].utf8.reversed()))
        case ("matches", 1, 0): return .bool(try expression(texts[0]).matches(text))
        case ("find", 1, 0): return .string(try expression(texts[0]).find(text) ?? "")
        case ("findAll", 1, 0...1):
            let limit = numbers.first.flatMap { $0 < 0 ? nil : $0 }
            return .list(try expression(texts[0]).findAll(text, limit: limit).map(CELValue.string))
        case ("lowerAscii", 0, 0): return .string(mapped(text, 65...90) { $0 + 32 })
        case ("upperAscii", 0, 0): return .string(mapped(text, 97...122) { $0 - 32 })
        case ("trim", 0, 0): return .string(text.trimmingSpace)
        case ("reverse", 0, 0): return .string(make(text.unicodeScalars.reversed()))
        case ("split", 1, 0...1): return .list(split(text, texts[0], numbers.first ?? -1).map(CELValue.string))
        case ("replace", 2, 0...1): return .string(replaced(text, texts[0], texts[1], numbers.first ?? -1))
        case ("charAt", 0, 1), ("substring", 0, 1...2):
            let scalars = Array(text.unicodeScalars)
            let start = numbers[0]
            let end = name == "charAt" ? min(start + 1, scalars.count) : numbers.count > 1 ? numbers[1] : scalars.count
            guard start >= 0, start <= end, end <= scalars.count else {
                throw Failure(message: "index out of range: \(start)")
            }
            return .string(make(Array(scalars[start..<end])))
        case ("indexOf", 1, 0...1):
            let scalars = Array(text.unicodeScalars)
            return .int(Int64(places(of: texts[0], in: scalars, from: numbers.first ?? 0).first ?? -1))
        case ("lastIndexOf", 1, 0...1):
            let scalars = Array(text.unicodeScalars)
            let last = numbers.first ?? scalars.count
            return .int(Int64(places(of: texts[0], in: scalars, from: 0).last { $0 <= last } ?? -1))
        case ("format", 0, 0) where values.count == 1: return try formatted(text, values[0])
        default: return nil
        }
    }

    private static func expression(_ pattern: String) throws(Failure) -> RegularExpression {
        guard let expression = RegularExpression(pattern) else {
            throw Failure(message: "error parsing regexp: \(pattern)")
        }
        return expression
    }

    private static func mapped(_ text: String, _ range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
    }

    private static func make(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func places(of part: String, in text: [Unicode.Scalar], from start: Int) -> [Int] {
        let part = Array(part.unicodeScalars)
        guard start >= 0, start + part.count <= text.count else { return [] }
        return (start...text.count - part.count).filter { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    private static func split(_ text: String, _ separator: String, _ limit: Int) -> [String] {
        if limit == 0 { return [] }
        if separator.isEmpty { return text.unicodeScalars.map { String($0) } }
        let parts = text.components(separatedBy: separator)
        guard limit > 0, parts.count > limit else { return parts }
        return Array(parts[..<(limit - 1)]) + [parts[(limit - 1)...].joined(separator: separator)]
    }

    private static func replaced(_ text: String, _ old: String, _ new: String, _ limit: Int) -> String {
        if old.isEmpty { return text }
        return split(text, old, limit < 0 ? -1 : limit + 1).joined(separator: new)
    }

    /// `%s`, `%d`, `%f` and `%%`.
    private static func formatted(_ text: String, _ values: CELValue) throws(Failure) -> CELValue? {
        guard var rest = values.items.map({ $0[...] }) else { return nil }
        var result = ""
        var isVerb = false
        for character in text {
            if !isVerb {
                if character == "%" { isVerb = true } else { result.append(character) }
                continue
            }
            isVerb = false
            if character == "%" {
                result.append("%")
                continue
            }
            guard let value = rest.popFirst() else { throw Failure(message: "index \(rest.startIndex) out of range") }
            switch character {
            case "s", "d": result += CELConversions.string(value) ?? CompactJSON.text(value.json)
            case "f":
                guard let number = CELNumber.double(value) else { return nil }
                result += String(format: "%.6f", number)
            default: throw Failure(message: "unrecognized formatting clause \"\(character)\"")
            }
        }
        return .string(result)
    }
}

/// Parts of times and durations.
enum CELTimeParts {
    static func call(_ name: String, _ time: CELTime, _ values: [CELValue]) -> CELValue? {
        guard let parts = time.components(in: values.first.flatMap(CELConversions.string)) else { return nil }
        let value: Int? =
            switch name {
            case "getFullYear": parts.year
            case "getMonth": parts.month.map { $0 - 1 }
            case "getDate": parts.day
            case "getDayOfMonth": parts.day.map { $0 - 1 }
            case "getDayOfWeek": parts.weekday.map { $0 - 1 }
            case "getDayOfYear": parts.dayOfYear.map { $0 - 1 }
            case "getHours": parts.hour
            case "getMinutes": parts.minute
            case "getSeconds": parts.second
            case "getMilliseconds": Int(time.nanoseconds / 1_000_000)
            default: nil
            }
        return value.map { .int(Int64($0)) }
    }

    static func call(_ name: String, _ span: Int64) -> CELValue? {
        switch name {
        case "getHours": .int(span / 3_600_000_000_000)
        case "getMinutes": .int(span / 60_000_000_000)
        case "getSeconds": .int(span / 1_000_000_000)
        case "getMilliseconds": .int(span / 1_000_000 % 1000)
        default: nil
        }
    }
}
