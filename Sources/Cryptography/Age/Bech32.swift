/// Bech32 (BIP 173, the checksum of 2017, not Bech32m) without its limit of 90 characters, as age uses it.
enum Bech32 {
    struct Failure: Error {
        enum Kind: String {
            case length = "it is too short, or has no '1' between its parts"
            case mixedCase = "it mixes upper and lower case"
            case character = "it holds a character that such keys do not have"
            case checksum = "its checksum is wrong, so that a character is mistyped or missing"
            case padding = "its last character is wrong"
        }
        var kind: Kind
        /// Where it is, for public keys only.
        var position: Int?

        var reason: String { position.map { "\(kind.rawValue) (character \($0 + 1))" } ?? kind.rawValue }
    }

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    /// Lower case, or upper case when the prefix is.
    static func encode(prefix: String, _ bytes: [UInt8]) -> String {
        let upper = prefix.utf8.contains { (0x41...0x5a).contains($0) }
        let lowered = Array(prefix.utf8).map(lower)
        let values = regroup(bytes, from: 8, to: 5, padded: true) ?? []
        let rest = checksum(lowered + [], values + [0, 0, 0, 0, 0, 0]) ^ 1
        let check = (0..<6).map { UInt8(truncatingIfNeeded: rest >> (5 * (5 - UInt32($0)))) & 31 }
        let text = lowered + [UInt8(ascii: "1")] + (values + check).map { alphabet[Int($0)] }
        let result = String(decoding: text, as: UTF8.self)
        return upper ? result.uppercased() : result
    }

    /// - Returns: the prefix in the case it has in the text, and the bytes.
    static func decode(_ text: String) throws(Failure) -> (prefix: String, bytes: [UInt8]) {
        let utf8 = Array(text.utf8)
        let hasLower = utf8.contains { (0x61...0x7a).contains($0) }
        let hasUpper = utf8.contains { (0x41...0x5a).contains($0) }
        guard !(hasLower && hasUpper) else { throw Failure(kind: .mixedCase) }
        guard let separator = utf8.lastIndex(of: UInt8(ascii: "1")), separator >= 1, utf8.count - separator - 1 >= 6
        else { throw Failure(kind: .length) }
        var values: [UInt8] = []
        for (position, byte) in utf8.enumerated() {
            guard (33...126).contains(byte) else { throw Failure(kind: .character, position: position) }
            guard position > separator else { continue }
            guard let value = alphabet.firstIndex(of: lower(byte)) else {
                throw Failure(kind: .character, position: position)
            }
            values.append(UInt8(value))
        }
        guard checksum(utf8[..<separator].map(lower), values) == 1 else { throw Failure(kind: .checksum) }
        guard let bytes = regroup(Array(values.dropLast(6)), from: 5, to: 8, padded: false) else {
            throw Failure(kind: .padding)
        }
        return (String(decoding: utf8[..<separator], as: UTF8.self), bytes)
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

    private static func checksum(_ prefix: [UInt8], _ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        var remainder: UInt32 = 1
        for value in prefix.map({ $0 >> 5 }) + [0] + prefix.map({ $0 & 31 }) + values {
            let top = remainder >> 25
            remainder = (remainder & 0x1ff_ffff) << 5 ^ UInt32(value)
            for (index, polynomial) in generator.enumerated() where top >> UInt32(index) & 1 == 1 {
                remainder ^= polynomial
            }
        }
        return remainder
    }

    /// Nil when unpadded bits are left over that are not a short run of zeros.
    private static func regroup(_ values: [UInt8], from: UInt32, to: UInt32, padded: Bool) -> [UInt8]? {
        var bits: UInt32 = 0
        var count: UInt32 = 0
        var result: [UInt8] = []
        let mask = UInt32(1) << to - 1
        for value in values {
            bits = (bits << from | UInt32(value)) & 0xfff
            count += from
            while count >= to {
                count -= to
                result.append(UInt8(bits >> count & mask))
            }
        }
        if padded {
            if count > 0 { result.append(UInt8(bits << (to - count) & mask)) }
        } else if count >= from || bits & (UInt32(1) << count - 1) != 0 {
            return nil
        }
        return result
    }
}

extension String {
    /// Without ASCII white space at both ends.
    var trimmed: String {
        var part = utf8[...]
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        while let first = part.first, isSpace(first) { part.removeFirst() }
        while let last = part.last, isSpace(last) { part.removeLast() }
        return String(decoding: part, as: UTF8.self)
    }
}
