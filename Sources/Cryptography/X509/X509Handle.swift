import COpenSSL
import Foundation

/// Owner of an `X509`.
final class X509Handle {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    deinit { X509_free(pointer) }

    convenience init(der: [UInt8]) throws(CryptographyError) {
        let pointer = try OpenSSL.check(
            "reading a certificate", code: .invalidInput, "the bytes are not a certificate in DER"
        ) {
            der.withUnsafeBufferPointer { buffer in
                var position = buffer.baseAddress
                let certificate = d2i_X509(nil, &position, buffer.count)
                if let certificate, let start = buffer.baseAddress, position != start + buffer.count {
                    X509_free(certificate)
                    return OpaquePointer?.none
                }
                return certificate
            }
        }
        self.init(adopting: pointer)
    }

    static func parse(pem: String) throws(CryptographyError) -> [X509Handle] {
        let operation = "reading a certificate"
        let source = try MemoryBIO(Array(pem.utf8))
        var found: [X509Handle] = []
        ERR_clear_error()
        while let next = PEM_read_bio_X509(source.pointer, nil, nil, nil) { found.append(X509Handle(adopting: next)) }
        let ended = copenssl_error_reason(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        let reasons = OpenSSL.drainErrors()
        guard ended, !found.isEmpty else {
            throw CryptographyError(
                code: .invalidInput, operation: operation,
                message: found.isEmpty && ended
                    ? "the text holds no certificate; PEM begins with -----BEGIN CERTIFICATE-----"
                    : "certificate \(found.count + 1) of the PEM text is malformed",
                reasons: ended ? [] : reasons)
        }
        return found
    }

    /// - Throws: when the certificate is of another key.
    func require(_ key: KeyHandle) throws(CryptographyError) {
        try OpenSSL.check(
            "reading a certificate and its key", code: .invalidInput,
            "the private key is not the one of the certificate of \(subject)",
            succeeds: { X509_check_private_key(pointer, key.pointer) })
    }

    var derBytes: [UInt8] {
        let count = Int(i2d_X509(pointer, nil))
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var position = buffer.baseAddress
            filled = max(0, Int(i2d_X509(pointer, &position)))
        }
    }

    var subject: String { Self.text(of: X509_get_subject_name(pointer)) }
    var issuer: String { Self.text(of: X509_get_issuer_name(pointer)) }
    var notBefore: Date { Self.date(X509_get0_notBefore(pointer)) }
    var notAfter: Date { Self.date(X509_get0_notAfter(pointer)) }
    var isCertificateAuthority: Bool { X509_get_extension_flags(pointer) & UInt32(EXFLAG_CA) != 0 }

    enum Entry: Int32 {
        case commonName = 13  // NID_commonName
        case organization = 17  // NID_organizationName
    }

    func subjectEntries(_ entry: Entry) -> [String] {
        guard let name = X509_get_subject_name(pointer) else { return [] }
        var values: [String] = []
        var index: Int32 = -1
        while true {
            index = X509_NAME_get_index_by_NID(name, entry.rawValue, index)
            guard index >= 0 else { return values }
            let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))
            var utf8: UnsafeMutablePointer<UInt8>?
            let count = ASN1_STRING_to_UTF8(&utf8, data)
            guard count >= 0, let utf8 else { continue }
            defer { CRYPTO_free(utf8, "", 0) }
            values.append(String(decoding: UnsafeBufferPointer(start: utf8, count: Int(count)), as: UTF8.self))
        }
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let name, let sink = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(sink) }
        guard X509_NAME_print_ex(sink, name, 0, copenssl_name_flags()) >= 0 else { return "" }
        var bytes: UnsafeMutablePointer<CChar>?
        let count = copenssl_bio_contents(sink, &bytes)
        guard let bytes, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return Date(timeIntervalSince1970: 0) }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}
