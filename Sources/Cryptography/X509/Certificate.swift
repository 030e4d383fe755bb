public import Foundation

/// An X.509 certificate, read.
public struct Certificate: Sendable, Hashable {
    /// The certificate in DER, as it is.
    public let derBytes: [UInt8]
    /// Distinguished names by RFC 2253: `CN=server,O=dr`.
    public let subject: String
    public let issuer: String
    /// The first of each in the subject.
    public let commonName: String?
    /// In Kubernetes a client's groups.
    public let organizations: [String]
    public let notBefore: Date
    public let notAfter: Date
    /// Subject alternative names.
    public let dnsNames: [String]
    /// `192.0.2.1`, `2001:db8::1`.
    public let ipAddresses: [String]
    public let isCertificateAuthority: Bool

    /// SHA-256 over the DER, 32 bytes.
    public var fingerprint: [UInt8] { SHA256.hash(derBytes) }

    /// The fingerprint as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
    public var fingerprintText: String {
        fingerprint.map { [$0].hexString.uppercased() }.joined(separator: ":")
    }

    /// - Throws: ``CryptographyError`` when the bytes are no certificate.
    public init(der: [UInt8]) throws(CryptographyError) {
        self.init(try X509Handle(der: der))
    }

    /// All certificates of a PEM text in their order: a chain starts with the leaf. Text between them is skipped.
    /// - Throws: ``CryptographyError`` when one is malformed or there is none.
    public static func parse(pem: String) throws(CryptographyError) -> [Certificate] {
        try X509Handle.parse(pem: pem).map { Certificate($0) }
    }

    /// One certificate as a PEM text ending in a newline.
    public var pem: String {
        let base64 = Data(derBytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
    }

    /// Whether `now` lies in the period of validity.
    public func isValid(at now: Date) -> Bool { notBefore <= now && now <= notAfter }

    init(_ handle: X509Handle) {
        derBytes = handle.derBytes
        subject = handle.subject
        issuer = handle.issuer
        commonName = handle.subjectEntries(.commonName).first
        organizations = handle.subjectEntries(.organization)
        notBefore = handle.notBefore
        notAfter = handle.notAfter
        (dnsNames, ipAddresses) = handle.alternativeNames
        isCertificateAuthority = handle.isCertificateAuthority
    }
}
