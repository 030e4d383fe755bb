import Foundation

/// A pattern in the syntax that Go's `regexp` and ICU share. As in Go, `$` is the end of the text and nothing before it.
struct RegularExpression: Sendable {
    let pattern: String
    private let expression: NSRegularExpression

    /// nil for a pattern that is not one.
    init?(_ pattern: String) {
        self.pattern = pattern
        guard let expression = try? NSRegularExpression(pattern: Self.strictEnds(pattern)) else { return nil }
        self.expression = expression
    }

    func matches(_ text: String) -> Bool {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    func find(_ text: String) -> String? { findAll(text, limit: 1).first }

    func findAll(_ text: String, limit: Int? = nil) -> [String] {
        var found: [String] = []
        let string = text as NSString
        expression.enumerateMatches(in: text, range: NSRange(location: 0, length: string.length)) { match, _, stop in
            if let match { found.append(string.substring(with: match.range)) }
            if let limit, found.count >= limit { stop.pointee = true }
        }
        if let limit { return Array(found.prefix(limit)) }
        return found
    }

    /// ICU's `$` also matches before a newline that ends the text; `\z` does not.
    private static func strictEnds(_ pattern: String) -> String {
        var result = ""
        var isEscaped = false
        var isClass = false
        for character in pattern {
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "[" {
                isClass = true
            } else if character == "]" {
                isClass = false
            } else if character == "$", !isClass {
                result += #"\z"#
                continue
            }
            result.append(character)
        }
        return result
    }
}
