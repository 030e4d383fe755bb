/// Makes keys from names. Names are data: two different names never make one key, and none climbs out of its folder.
public enum ObjectPath {
    /// Joins segments; whatever is not a letter, a digit, `-`, `_` or `.` is percent-escaped, and so is a leading dot.
    public static func join(_ segments: String...) -> String { segments.map(escape).joined(separator: "/") }

    public static func escape(_ segment: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for (index, byte) in segment.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: ".") where index > 0: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        // No other name gives a lone percent sign.
        return bytes.isEmpty ? "%" : String(decoding: bytes, as: UTF8.self)
    }

    /// S3's limit is 1024 bytes; an empty segment or one of dots would mean another place in a folder; XML, in which S3
    /// tells keys, has no control characters.
    static func check(_ key: String) throws(ObjectStoreError) {
        let segments = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let problem: String? =
            if key.utf8.count > 1024 {
                "has \(key.utf8.count) bytes; 1024 are allowed"
            } else if segments.contains(where: { $0.isEmpty || $0.first == UInt8(ascii: ".") }) {
                "has a segment that is empty or starts with a dot"
            } else if key.unicodeScalars.contains(where: {
                $0.value < 0x20 || $0.value == 0x7f || $0.value | 1 == 0xffff
            }) {
                "has a control character"
            } else {
                nil
            }
        if let problem { throw ObjectStoreError(.badKey, "the key \(problem)", key: String(key.prefix(200))) }
    }
}

extension ObjectInfo {
    /// The order of a list: that of the keys' bytes. Swift's own would take two spellings of one letter for the same.
    func precedes(_ other: ObjectInfo) -> Bool { key.utf8.lexicographicallyPrecedes(other.key.utf8) }
}
