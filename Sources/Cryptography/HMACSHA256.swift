import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// 32 bytes. Keys of any length, the empty one included.
    public static func authenticationCode(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        // A null key would mean "the key of the last call" to OpenSSL; an empty array may have a null address.
        let keyBytes = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            guard
                HMAC(
                    EVP_sha256(), keyBytes, Int32(key.count), message, message.count, buffer.baseAddress, nil) != nil
            else { preconditionFailure("HMAC-SHA-256 failed: \(OpenSSL.drainErrors())") }
            count = SHA256.byteCount
        }
    }

    public static func authenticationCode(for message: String, key: [UInt8]) -> [UInt8] {
        authenticationCode(for: Array(message.utf8), key: key)
    }
}

/// Comparison whose time tells nothing about where two secrets differ.
public enum ConstantTime {
    /// False at once when the lengths differ: a length is no secret here.
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
