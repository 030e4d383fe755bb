/// HKDF with SHA-256 (RFC 5869).
public enum HKDFSHA256 {
    /// - Parameter count: bytes wanted, 1…8160 (255 digests, the RFC's limit).
    /// - Returns: `count` bytes of key material.
    public static func deriveKey(secret: [UInt8], salt: [UInt8] = [], info: [UInt8] = [], count: Int) -> [UInt8] {
        precondition((1...255 * SHA256.byteCount).contains(count), "HKDF-SHA-256 gives 1…8160 bytes")
        // An absent salt is as many zeros as the digest is long; HMAC pads the empty key to just that.
        let pseudorandomKey = HMACSHA256.authenticationCode(for: secret, key: salt)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var counter: UInt8 = 1
        while output.count < count {
            block = HMACSHA256.authenticationCode(for: block + info + [counter], key: pseudorandomKey)
            output += block
            counter &+= 1
        }
        return Array(output.prefix(count))
    }
}
