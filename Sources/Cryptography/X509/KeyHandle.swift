import COpenSSL

/// Owner of an `EVP_PKEY`.
final class KeyHandle {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    static func generateP256() throws(CryptographyError) -> KeyHandle {
        KeyHandle(adopting: try OpenSSL.check("generating a P-256 key") { copenssl_generate_p256() })
    }

    convenience init(pem: String) throws(CryptographyError) {
        let source = try MemoryBIO(Array(pem.utf8))
        let pointer = try OpenSSL.check(
            "reading a private key", code: .invalidInput,
            "the text is not an unencrypted private key in PEM (-----BEGIN PRIVATE KEY-----)"
        ) {
            // Without a callback OpenSSL would ask for the passphrase on the terminal.
            PEM_read_bio_PrivateKey(source.pointer, nil, { _, _, _, _ in -1 }, nil)
        }
        self.init(adopting: pointer)
    }

    /// PKCS #8, unencrypted.
    func pem() throws(CryptographyError) -> String {
        let sink = try MemoryBIO()
        try OpenSSL.check(
            "writing a private key",
            succeeds: { PEM_write_bio_PKCS8PrivateKey(sink.pointer, pointer, nil, nil, 0, nil, nil) })
        return sink.contents
    }
}

/// Owner of a memory `BIO`.
final class MemoryBIO {
    let pointer: OpaquePointer

    init(_ bytes: [UInt8] = []) throws(CryptographyError) {
        pointer = try OpenSSL.check("allocating memory") { BIO_new(BIO_s_mem()) }
        guard !bytes.isEmpty else { return }
        let written = BIO_write(pointer, bytes, Int32(bytes.count))
        guard written == Int32(bytes.count) else {
            throw CryptographyError(code: .library, operation: "allocating memory", message: "BIO_write failed")
        }
    }

    deinit { BIO_free(pointer) }

    var contents: String {
        var bytes: UnsafeMutablePointer<CChar>?
        let count = copenssl_bio_contents(pointer, &bytes)
        guard let bytes, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
