#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes the fields of binary rows one after another. Whoever makes it has made room for them: see ``widest``.
struct BinaryWriter {
    /// No value is longer than its text and this many bytes: eight bytes of a number's header, four of rounding up to whole groups of digits.
    static let widest = 12

    var cursor: UnsafeMutableRawPointer

    @inline(__always)
    mutating func store<Number: FixedWidthInteger>(_ value: Number) {
        cursor.storeBytes(of: value.bigEndian, as: Number.self)
        cursor += MemoryLayout<Number>.size
    }

    /// A field with its length. false: the text is not of the form that is known here.
    @inline(__always)
    mutating func field(_ text: UnsafeRawBufferPointer, as column: BinaryColumn, mayHaveEscapes: Bool) -> Bool {
        if mayHaveEscapes, text.count == 2, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "N") {
            store(Int32(-1))
            return true
        }
        let length = cursor
        cursor += 4
        guard value(text, as: column, mayHaveEscapes: mayHaveEscapes) else { return false }
        let count = cursor - length - 4
        guard count < Int(Int32.max) else { return false }
        length.storeBytes(of: Int32(count).bigEndian, as: Int32.self)
        return true
    }

    @inline(__always)
    private mutating func value(_ text: UnsafeRawBufferPointer, as column: BinaryColumn, mayHaveEscapes: Bool) -> Bool {
        switch column {
        case .text: return characters(text, mayHaveEscapes: mayHaveEscapes)
        case .jsonb:
            store(UInt8(1))
            return characters(text, mayHaveEscapes: mayHaveEscapes)
        case .int64: return integer(text, Int64.self)
        case .int32: return integer(text, Int32.self)
        case .int16: return integer(text, Int16.self)
        case .oid: return integer(text, UInt32.self)
        case .bool: return bool(text)
        case .uuid: return uuid(text)
        case .bytea: return bytea(text)
        case .timestampWithZone: return timestamp(text, suffix: 3)
        case .timestamp: return timestamp(text, suffix: 0)
        case .date: return date(text)
        case .time: return time(text)
        case .inet: return inet(text)
        case .numeric: return numeric(text)
        case .float64: return float64(text)
        case .float32: return float32(text)
        }
    }

    /// COPY writes these escapes and no others: `CopyAttributeOutText` in `copyto.c`.
    private mutating func characters(_ text: UnsafeRawBufferPointer, mayHaveEscapes: Bool) -> Bool {
        guard var position = text.baseAddress else { return true }
        var rest = text.count
        while mayHaveEscapes, let found = memchr(position, 0x5c, rest) {
            let plain = UnsafeRawPointer(found) - position
            cursor.copyMemory(from: position, byteCount: plain)
            cursor += plain
            guard rest >= plain + 2 else { return false }
            let byte: UInt8
            switch (position + plain + 1).load(as: UInt8.self) {
            case UInt8(ascii: "\\"): byte = 0x5c
            case UInt8(ascii: "n"): byte = 10
            case UInt8(ascii: "t"): byte = 9
            case UInt8(ascii: "r"): byte = 13
            case UInt8(ascii: "b"): byte = 8
            case UInt8(ascii: "f"): byte = 12
            case UInt8(ascii: "v"): byte = 11
            default: return false
            }
            store(byte)
            position += plain + 2
            rest -= plain + 2
        }
        cursor.copyMemory(from: position, byteCount: rest)
        cursor += rest
        return true
    }

    private mutating func bool(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f") else { return false }
        store(UInt8(text[0] == UInt8(ascii: "t") ? 1 : 0))
        return true
    }

    /// Four bytes of family, mask and length, then the address: `network_recv`. Addresses of version 6 have too many forms.
    private mutating func inet(_ text: UnsafeRawBufferPointer) -> Bool {
        let slash = text.firstIndex(of: UInt8(ascii: "/")) ?? text.count
        var mask = 32
        if slash < text.count {
            guard let value = DecimalText.short(text, slash + 1..<text.count), value < 32 else { return false }
            mask = value
        }
        store(UInt8(2))
        store(UInt8(mask))
        store(UInt8(0))
        store(UInt8(4))
        var start = 0
        for part in 0..<4 {
            var end = start
            while end < slash, text[end] != UInt8(ascii: ".") { end += 1 }
            guard let value = DecimalText.short(text, start..<end), value < 256 else { return false }
            store(UInt8(value))
            guard part < 3 ? end < slash : end == slash else { return false }
            start = end + 1
        }
        return true
    }
}
