extension BinaryWriter {
    /// `88e2a698-5e61-4ee4-be19-fb608a814fd3`.
    @inline(__always)
    mutating func uuid(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 36, text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
            text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-")
        else { return false }
        var index = 0
        var bad: UInt8 = 0
        for _ in 0..<16 {
            if index == 8 || index == 13 || index == 18 || index == 23 { index += 1 }
            let high = HexDigits.value(text[index])
            let low = HexDigits.value(text[index + 1])
            bad |= high | low
            store(high << 4 | low & 0x0f)
            index += 2
        }
        return bad & 0xf0 == 0
    }

    /// `\\x00ff`: the backslash is COPY's escape of the backslash before the hexadecimal digits.
    mutating func bytea(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 3, text.count % 2 == 1, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "\\"),
            text[2] == UInt8(ascii: "x")
        else { return false }
        var index = 3
        var bad: UInt8 = 0
        while index < text.count {
            let high = HexDigits.value(text[index])
            let low = HexDigits.value(text[index + 1])
            bad |= high | low
            store(high << 4 | low & 0x0f)
            index += 2
        }
        return bad & 0xf0 == 0
    }
}

enum HexDigits {
    /// The value of a digit, or 255. Lowercase only, as the server writes them.
    @inline(__always)
    static func value(_ character: UInt8) -> UInt8 {
        let digit = character &- UInt8(ascii: "0")
        if digit <= 9 { return digit }
        let letter = character &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : 0xff
    }
}
