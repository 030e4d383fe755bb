import COpenSSL

/// Random bytes for keys, nonces and tokens, from OpenSSL's generator (seeded by the kernel).
public enum SecureRandom {
    /// - Throws: ``CryptographyError`` when the generator has no seed; the bytes must not be replaced by others then.
    public static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        if count == 0 { return result }
        try OpenSSL.check("drawing random bytes", succeeds: { RAND_bytes(&result, Int32(count)) })
        return result
    }

    /// `byteCount` random bytes in hexadecimal: a token or a name's suffix.
    public static func hexString(byteCount: Int) throws(CryptographyError) -> String {
        try bytes(byteCount).hexString
    }
}
