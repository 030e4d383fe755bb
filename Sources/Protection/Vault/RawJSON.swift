import Foundation

/// Takes a JSON object apart without reading its values: numbers stay as the server wrote them.
enum RawJSON {
    struct Malformed: Error {}

    /// The members of an object, each value as the bytes that it was written with.
    static func members(_ text: [UInt8]) throws(Malformed) -> [String: [UInt8]] {
        var at = 0
        func skipSpace() { while at < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[at]) { at += 1 } }
        func skipString() throws(Malformed) {
            at += 1
            while at < text.count, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
            guard at < text.count else { throw Malformed() }
            at += 1
        }
        var found: [String: [UInt8]] = [:]
        skipSpace()
        guard at < text.count, text[at] == UInt8(ascii: "{") else { throw Malformed() }
        at += 1
        while true {
            skipSpace()
            guard at < text.count else { throw Malformed() }
            if text[at] == UInt8(ascii: "}") { return found }
            if text[at] == UInt8(ascii: ",") {
                at += 1
                continue
            }
            guard text[at] == UInt8(ascii: "\"") else { throw Malformed() }
            let nameAt = at
            try skipString()
            guard let name = try? JSONDecoder().decode(String.self, from: Data(text[nameAt..<at])) else {
                throw Malformed()
            }
            skipSpace()
            guard at < text.count, text[at] == UInt8(ascii: ":") else { throw Malformed() }
            at += 1
            skipSpace()
            let valueAt = at
            var depth = 0
            scan: while at < text.count {
                switch text[at] {
                case UInt8(ascii: "\""):
                    try skipString()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { break scan }
                    depth -= 1
                case UInt8(ascii: ",") where depth == 0: break scan
                default: break
                }
                at += 1
            }
            var end = at
            while end > valueAt, [0x20, 0x09, 0x0a, 0x0d].contains(text[end - 1]) { end -= 1 }
            guard end > valueAt else { throw Malformed() }
            found[name] = Array(text[valueAt..<end])
        }
    }

    /// A member of a member.
    static func value(_ text: [UInt8], _ path: String...) throws(Malformed) -> [UInt8] {
        var text = text
        for name in path {
            guard let next = try members(text)[name] else { throw Malformed() }
            text = next
        }
        return text
    }
}
