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
        return bytes.isEmpty ? "%00" : String(decoding: bytes, as: UTF8.self)
    }

    /// S3's limit is 1024 bytes; an empty segment or one of dots would mean another place in a folder.
    static func check(_ key: String) throws(ObjectStoreError) {
        let segments = key.split(separator: "/", omittingEmptySubsequences: false)
        guard key.utf8.count <= 1024, !segments.contains(where: { $0.isEmpty || $0.hasPrefix(".") }),
            !key.utf8.contains(0)
        else { throw ObjectStoreError(.badKey, "is not a key: it is empty, too long, or has a segment that is empty or starts with a dot", key: key) }
    }
}
