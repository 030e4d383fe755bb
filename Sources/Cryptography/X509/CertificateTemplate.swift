import COpenSSL
import Foundation

/// What a certificate shall say, before it is signed.
struct CertificateTemplate {
    enum Purpose { case authority, server, client }

    var purpose: Purpose
    var commonName: String
    var organizations: [String] = []
    var dnsNames: [String] = []
    var ipAddresses: [String] = []
    var validFor: Duration
    var now: Date

    /// For machines whose clocks differ a little.
    static let backdating: TimeInterval = 300

    private static let operation = "issuing a certificate"

    /// Signs with the authority's key, or with the certificate's own when there is none.
    func sign(with authority: CertificateAuthority?) throws(CryptographyError) -> IssuedCertificate {
        try validate()
        let key = try KeyHandle.generateP256()
        let certificate = X509Handle(adopting: try OpenSSL.check(Self.operation) { X509_new() })
        var issuer = certificate
        var issuerKey = key
        if let authority {
            issuer = try X509Handle(der: authority.certificate.derBytes)
            issuerKey = try KeyHandle(pem: authority.privateKeyPEM)
        }

        try check { X509_set_version(certificate.pointer, Int(X509_VERSION_3)) }
        try setSerial(certificate)
        try setValidity(certificate, noLaterThan: authority?.certificate.notAfter)
        try setSubject(certificate)
        try check { X509_set_issuer_name(certificate.pointer, X509_get_subject_name(issuer.pointer)) }
        try check { X509_set_pubkey(certificate.pointer, key.pointer) }
        try addExtensions(to: certificate, issuer: issuer)
        try check { X509_sign(certificate.pointer, issuerKey.pointer, EVP_sha256()) }

        // Read back: OpenSSL caches what the extensions say when a certificate is decoded.
        let result = try Certificate(der: certificate.derBytes)
        return IssuedCertificate(
            certificate: result, certificatePEM: result.pem, privateKeyPEM: try key.pem())
    }

    private func validate() throws(CryptographyError) {
        guard (1...64).contains(commonName.unicodeScalars.count) else {
            throw invalid("the common name has \(commonName.unicodeScalars.count) characters; 1 to 64 are allowed")
        }
        for organization in organizations where !(1...64).contains(organization.unicodeScalars.count) {
            throw invalid("an organization has \(organization.unicodeScalars.count) characters; 1 to 64 are allowed")
        }
        guard validFor > .zero else { throw invalid("validFor is \(validFor); it must be above 0") }
        for name in dnsNames {
            let allowed = name.utf8.allSatisfy { byte in
                (0x21...0x7e).contains(byte)
            }
            guard allowed, (1...253).contains(name.utf8.count) else {
                throw invalid("the DNS name \(name.debugDescription) is not 1 to 253 printable ASCII characters")
            }
        }
    }

    private func setSerial(_ certificate: X509Handle) throws(CryptographyError) {
        // 127 random bits: positive, 16 bytes (RFC 5280 allows 20), and never 0.
        var bytes = try SecureRandom.bytes(16)
        bytes[0] = bytes[0] & 0x3f | 0x40
        let serial = try OpenSSL.check(Self.operation) { BN_bin2bn(bytes, Int32(bytes.count), nil) }
        defer { BN_free(serial) }
        try check { BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.pointer)) == nil ? 0 : 1 }
    }

    private func setValidity(_ certificate: X509Handle, noLaterThan limit: Date?) throws(CryptographyError) {
        let start = now.addingTimeInterval(-Self.backdating)
        let (seconds, attoseconds) = validFor.components
        var end = now.addingTimeInterval(TimeInterval(seconds) + TimeInterval(attoseconds) * 1e-18)
        // The year 9999 is the last that the format has (RFC 5280 4.1.2.5.2).
        end = min(end, Date(timeIntervalSince1970: 253_402_300_799))
        if let limit { end = min(end, limit) }
        guard end > start else { throw invalid("the authority expired at \(end); create a new one") }
        try check {
            ASN1_TIME_set(X509_getm_notBefore(certificate.pointer), Int(start.timeIntervalSince1970)) == nil ? 0 : 1
        }
        try check {
            ASN1_TIME_set(X509_getm_notAfter(certificate.pointer), Int(end.timeIntervalSince1970)) == nil ? 0 : 1
        }
    }

    private func setSubject(_ certificate: X509Handle) throws(CryptographyError) {
        let name = X509_get_subject_name(certificate.pointer)
        let entries = organizations.map { (NID_organizationName, $0) } + [(NID_commonName, commonName)]
        for (kind, text) in entries {
            let bytes = Array(text.utf8)
            try check {
                X509_NAME_add_entry_by_NID(name, kind, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0)
            }
        }
    }

    private func check(_ body: () -> Int32) throws(CryptographyError) {
        try OpenSSL.check(Self.operation, succeeds: body)
    }

    func invalid(_ message: String) -> CryptographyError {
        CryptographyError(code: .invalidInput, operation: Self.operation, message: message)
    }
}
