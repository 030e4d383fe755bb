import COpenSSL

/// SHA-256 (FIPS 180-4) over pieces. Belongs to one task at a time.
public final class SHA256 {
    /// The digest's length in bytes.
    public static let byteCount = 32

    private let context: OpaquePointer

    public init() {
        // Both fail only when memory is exhausted or the installed OpenSSL lacks SHA-256: nothing can go on then.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256: \(OpenSSL.drainErrors())")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    public func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        guard EVP_DigestUpdate(context, start, bytes.count) == 1 else {
            preconditionFailure("SHA-256 failed: \(OpenSSL.drainErrors())")
        }
    }

    /// The digest of all bytes so far, 32 bytes. Afterwards the object starts anew with the empty input.
    public func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            guard EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1,
                EVP_DigestInit_ex2(context, nil, nil) == 1
            else { preconditionFailure("SHA-256 failed: \(OpenSSL.drainErrors())") }
            count = Self.byteCount
        }
    }

    /// As ``finalize()``, in lowercase hexadecimal.
    public func finalizeHex() -> String { finalize().hexString }

    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        let digest = SHA256()
        digest.update(bytes)
        return digest.finalize()
    }

    public static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }

    /// Lowercase hexadecimal, 64 characters.
    public static func hexHash(_ bytes: [UInt8]) -> String { hash(bytes).hexString }

    public static func hexHash(_ text: String) -> String { hash(text).hexString }
}
