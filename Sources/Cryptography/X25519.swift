import COpenSSL

/// Diffie-Hellman on Curve25519 (RFC 7748).
enum X25519 {
    static let keySize = 32

    static func publicKey(of privateKey: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let key = try handle(private: privateKey)
        var result = [UInt8](repeating: 0, count: keySize)
        var count = keySize
        try OpenSSL.check(
            "deriving a public key", succeeds: { EVP_PKEY_get_raw_public_key(key.pointer, &result, &count) })
        return result
    }

    /// - Throws: also when the result would be all zeros, which a peer can force with a point of low order
    ///   (RFC 7748 section 6.1): OpenSSL checks that.
    static func sharedSecret(
        privateKey: [UInt8], publicKey: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        let own = try handle(private: privateKey)
        let peer = KeyHandle(
            adopting: try OpenSSL.check("reading a public key", code: .invalidInput) {
                EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, publicKey, publicKey.count)
            })
        var result = [UInt8](repeating: 0, count: keySize)
        try OpenSSL.check(
            "agreeing on a key", code: .invalidInput,
            succeeds: {
                guard let context = EVP_PKEY_CTX_new(own.pointer, nil) else { return 0 }
                defer { EVP_PKEY_CTX_free(context) }
                var count = keySize
                guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer.pointer) == 1,
                    EVP_PKEY_derive(context, &result, &count) == 1, count == keySize
                else { return 0 }
                return 1
            })
        return result
    }

    private static func handle(private privateKey: [UInt8]) throws(CryptographyError) -> KeyHandle {
        KeyHandle(
            adopting: try OpenSSL.check("reading a private key", code: .invalidInput) {
                EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, privateKey.count)
            })
    }
}
