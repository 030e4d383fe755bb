import Cryptography

/// The number of objects and a digest of them that does not depend on their order: the sum, modulo 2^256, of their
/// HMAC-SHA-256 under a random key.
///
/// The manifest, which holds the digest, can be read by whoever can read the bucket. A plain digest of a Secret with a short
/// password would let them try passwords; so the key stands in the encrypted artifact alone, and is another each time.
struct ObjectDigest: Sendable, Hashable {
    private let key: [UInt8]
    private var words: [UInt64] = [0, 0, 0, 0]
    private(set) var count: Int64 = 0

    init(key: [UInt8]) { self.key = key }

    static func makeKey() throws -> [UInt8] { try SecureRandom.bytes(32) }

    mutating func add(_ canonical: [UInt8]) {
        let code = HMACSHA256.authenticationCode(for: canonical, key: key)
        var carry: UInt64 = 0
        for index in words.indices {
            let word = code[(index * 8)..<(index * 8 + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let (first, overflow) = words[index].addingReportingOverflow(word)
            let (second, again) = first.addingReportingOverflow(carry)
            words[index] = second
            carry = overflow || again ? 1 : 0
        }
        count += 1
    }

    /// 64 hexadecimal characters.
    var text: String {
        words.map { word in
            let hex = String(word, radix: 16)
            return String(repeating: "0", count: 16 - hex.count) + hex
        }.joined()
    }
}
