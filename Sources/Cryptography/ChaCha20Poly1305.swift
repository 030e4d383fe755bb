import COpenSSL

/// ChaCha20-Poly1305 (RFC 8439) under one key, without additional data. One context serves every message: setting up
/// a cipher costs more than encrypting a short message.
final class ChaCha20Poly1305 {
    static let keySize = 32
    static let nonceSize = 12
    static let tagSize = 16

    private let context: OpaquePointer

    init(key: [UInt8], sealing: Bool) throws(CryptographyError) {
        precondition(key.count == Self.keySize)
        let context = try OpenSSL.check("allocating a cipher") { EVP_CIPHER_CTX_new() }
        self.context = context
        try OpenSSL.check(
            "setting up ChaCha20-Poly1305",
            succeeds: {
                let direction: Int32 = sealing ? 1 : 0
                return EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), nil, key, nil, direction)
            })
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Writes the ciphertext and the tag: `plain.count + 16` bytes.
    func seal(
        _ plain: UnsafeRawBufferPointer, nonce: Nonce, into output: UnsafeMutableRawPointer
    ) throws(CryptographyError) {
        let target = output.assumingMemoryBound(to: UInt8.self)
        try OpenSSL.check(
            "encrypting",
            succeeds: {
                var written: Int32 = 0
                guard nonce.withBytes({ EVP_EncryptInit_ex(context, nil, nil, nil, $0) }) == 1 else { return 0 }
                if let source = plain.bindMemory(to: UInt8.self).baseAddress, !plain.isEmpty {
                    let count = Int32(plain.count)
                    guard EVP_EncryptUpdate(context, target, &written, source, count) == 1, written == count
                    else { return 0 }
                }
                var rest: Int32 = 0
                guard EVP_EncryptFinal_ex(context, target + Int(written), &rest) == 1, rest == 0 else { return 0 }
                return EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), target + Int(written))
            })
    }

    /// Writes the plaintext, `sealed.count - 16` bytes; zeros instead when it is not authentic.
    /// - Parameter sealed: at least the tag, 16 bytes.
    func open(_ sealed: UnsafeRawBufferPointer, nonce: Nonce, into output: UnsafeMutableRawPointer) -> Bool {
        let count = sealed.count - Self.tagSize
        guard count >= 0, let source = sealed.bindMemory(to: UInt8.self).baseAddress else { return false }
        let target = output.assumingMemoryBound(to: UInt8.self)
        let authentic: Bool = {
            var written: Int32 = 0
            guard nonce.withBytes({ EVP_DecryptInit_ex(context, nil, nil, nil, $0) }) == 1,
                EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize),
                    UnsafeMutablePointer(mutating: source + count)) == 1
            else { return false }
            if count > 0 {
                guard EVP_DecryptUpdate(context, target, &written, source, Int32(count)) == 1,
                    Int(written) == count
                else { return false }
            }
            var rest: Int32 = 0
            return EVP_DecryptFinal_ex(context, target + count, &rest) == 1 && rest == 0
        }()
        if !authentic {
            output.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            ERR_clear_error()
        }
        return authentic
    }

    /// The nonce of age's STREAM: a big-endian chunk counter of 11 bytes, and a byte that is 1 for the last chunk.
    /// The counter's upper three bytes stay 0: 2^64 chunks are 10^24 bytes.
    struct Nonce {
        var counter: UInt64 = 0
        var isLast = false

        static let zero = Nonce()

        func withBytes<T>(_ body: (UnsafePointer<UInt8>) -> T) -> T {
            var bytes = SIMD16<UInt8>()
            for index in 0..<8 { bytes[10 - index] = UInt8(truncatingIfNeeded: counter >> UInt64(8 * index)) }
            bytes[11] = isLast ? 1 : 0
            return withUnsafePointer(to: bytes) { vector in
                vector.withMemoryRebound(to: UInt8.self, capacity: 16) { body($0) }
            }
        }
    }
}

extension [UInt8] {
    /// Appends `count` bytes that `body` writes. When it throws, nothing is appended.
    mutating func append<Failure: Error>(
        count: Int, writtenBy body: (UnsafeMutableRawPointer) throws(Failure) -> Void
    ) throws(Failure) {
        // One byte of room at least: an empty message has a place too, and its tag must be checked.
        try append(addingCapacity: Swift.max(count, 1)) { (span: inout OutputSpan<UInt8>) throws(Failure) -> Void in
            try span.withUnsafeMutableBufferPointer { (buffer, filled) throws(Failure) -> Void in
                guard let start = buffer.baseAddress else { preconditionFailure("reserved memory has an address") }
                try body(UnsafeMutableRawPointer(start))
                filled = count
            }
        }
    }
}
