/// Words and signs of a label selector.
///
/// `in` and `notin` are operators only where one is due: elsewhere they are keys and values like any other.
enum LabelSelectorLexer {
    struct Token: Sendable, Hashable {
        enum Kind: Sendable {
            case word, sign, broken, end
        }

        var kind: Kind
        var text: String

        func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }
    }

    static func tokens(_ text: String) -> [Token] {
        var result: [Token] = []
        var rest = text.utf8[...]
        while true {
            rest = rest.drop(while: isBlank)
            guard let first = rest.first, first != 0 else {
                return result + [Token(kind: .end, text: "")]
            }
            result.append(signs.contains(first) ? sign(&rest) : word(&rest))
        }
    }

    private static let signs = Set("=!(),><".utf8)
    private static let known: Set<String> = ["=", "==", "!=", "!", "(", ")", ",", ">", "<"]

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0D, 0x0A].contains(byte) }

    private static func word(_ rest: inout Substring.UTF8View) -> Token {
        let bytes = rest.prefix { !signs.contains($0) && !isBlank($0) && $0 != 0 }
        rest = rest.dropFirst(bytes.count)
        return Token(kind: .word, text: String(decoding: bytes, as: UTF8.self))
    }

    /// The longest sign that begins here.
    private static func sign(_ rest: inout Substring.UTF8View) -> Token {
        for length in [2, 1] {
            let text = String(decoding: rest.prefix(length), as: UTF8.self)
            guard text.utf8.count == length, known.contains(text) else { continue }
            rest = rest.dropFirst(length)
            return Token(kind: .sign, text: text)
        }
        let text = String(decoding: rest.prefix(1), as: UTF8.self)
        rest = rest.dropFirst()
        return Token(kind: .broken, text: text)
    }
}
