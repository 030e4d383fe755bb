#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension BinaryWriter {
    @inline(__always)
    mutating func integer<Number: FixedWidthInteger>(_ text: UnsafeRawBufferPointer, _: Number.Type) -> Bool {
        guard let first = text.first else { return false }
        let isNegative = first == UInt8(ascii: "-")
        var index = isNegative ? 1 : 0
        // Nineteen digits fit into 64 bits without a sign.
        guard text.count > index, text.count - index <= 19 else { return false }
        var magnitude: UInt64 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return false }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            index += 1
        }
        if isNegative {
            guard magnitude <= 1 << 63, let number = Number(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) else {
                return false
            }
            store(number)
        } else {
            guard let number = Number(exactly: magnitude) else { return false }
            store(number)
        }
        return true
    }

    /// Digits in groups of four to either side of the point: `numeric_recv`.
    mutating func numeric(_ text: UnsafeRawBufferPointer) -> Bool {
        let isNegative = text.first == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        let point = text.firstIndex(of: UInt8(ascii: ".")) ?? text.count
        let scale = max(0, text.count - point - 1)
        let whole = point - start
        guard whole > 0, whole + scale <= 1000, point == text.count || scale > 0 else { return false }
        let wholeGroups = (whole + 3) / 4
        let groups = wholeGroups + (scale + 3) / 4
        let header = cursor
        cursor += 8
        // The first group has what is over, the last is filled with zeros.
        var inGroup = (4 - whole % 4) % 4
        var value: UInt16 = 0
        for index in start..<text.count where index != point {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return false }
            value = value * 10 + UInt16(digit)
            inGroup += 1
            if inGroup == 4 {
                store(value)
                value = 0
                inGroup = 0
            }
        }
        while inGroup > 0 {
            value *= 10
            inGroup += 1
            if inGroup == 4 {
                store(value)
                inGroup = 0
            }
        }
        let kept = dropZeroGroups(from: header + 8, count: groups)
        let end = cursor
        cursor = header
        store(Int16(kept.count))
        store(Int16(kept.count == 0 ? 0 : wholeGroups - 1 - kept.dropped))
        store(UInt16(isNegative && kept.count > 0 ? 0x4000 : 0))
        store(UInt16(scale))
        cursor = end
        return true
    }

    /// Groups of zeros at either end are not stored: `make_result`.
    private mutating func dropZeroGroups(
        from start: UnsafeMutableRawPointer, count: Int
    ) -> (dropped: Int, count: Int) {
        var count = count
        while count > 0, (start + 2 * (count - 1)).loadUnaligned(as: UInt16.self) == 0 { count -= 1 }
        var dropped = 0
        while dropped < count, (start + 2 * dropped).loadUnaligned(as: UInt16.self) == 0 { dropped += 1 }
        if dropped > 0 { memmove(start, start + 2 * dropped, 2 * (count - dropped)) }
        cursor = start + 2 * (count - dropped)
        return (dropped, count - dropped)
    }

    mutating func float64(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let number = DecimalText.number(text).flatMap({ Double($0) }), number.isFinite else { return false }
        store(number.bitPattern)
        return true
    }

    mutating func float32(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let number = DecimalText.number(text).flatMap({ Float($0) }), number.isFinite else { return false }
        store(number.bitPattern)
        return true
    }
}

enum DecimalText {
    /// A number of one to three digits, without a leading zero.
    static func short(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard (1...3).contains(range.count) else { return nil }
        guard range.count == 1 || text[range.lowerBound] != UInt8(ascii: "0") else { return nil }
        return digits(text, range)
    }

    @inline(__always)
    static func digits(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// The text of a finite number, which is what Swift and the server read the same way: rounded to the nearest.
    static func number(_ text: UnsafeRawBufferPointer) -> String? {
        let isPlain = text.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
        }
        return isPlain && !text.isEmpty ? String(decoding: text, as: UTF8.self) : nil
    }
}
