public import Foundation

/// A certificate with its private key and the chain to send with it.
public struct IssuedCertificate: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let certificate: Certificate
    /// The certificate alone.
    public let certificatePEM: String
    /// PKCS #8. A secret: files that hold it have mode 0600.
    public let privateKeyPEM: String

    /// Without the key, so that an accidental print shows nothing.
    public var description: String { "IssuedCertificate(\(certificate.subject))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["certificate": certificate.subject]) }
}

/// A certificate authority with an EC P-256 key, for the servers and clients of this program.
///
/// Everything it signs starts five minutes before `now`, for machines whose clocks differ a little, and ends no later
/// than the authority itself.
public struct CertificateAuthority: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public let certificate: Certificate
    /// What others trust.
    public let certificatePEM: String
    /// PKCS #8. A secret: files that hold it have mode 0600.
    public let privateKeyPEM: String

    public var description: String { "CertificateAuthority(\(certificate.subject))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["certificate": certificate.subject]) }

    /// A new authority that may sign leaves only.
    /// - Parameter commonName: 1…64 characters (RFC 5280, `ub-common-name`).
    /// - Throws: ``CryptographyError`` naming the input that cannot be used.
    public static func create(
        commonName: String, validFor: Duration, now: Date = Date()
    ) throws(CryptographyError) -> CertificateAuthority {
        let issued = try CertificateTemplate(
            purpose: .authority, commonName: commonName, validFor: validFor, now: now
        ).sign(with: nil)
        return CertificateAuthority(
            certificate: issued.certificate, certificatePEM: issued.certificatePEM,
            privateKeyPEM: issued.privateKeyPEM)
    }

    /// An authority saved before.
    /// - Throws: ``CryptographyError`` when either text is malformed, they do not belong together, or the certificate
    ///   is not an authority's.
    public init(certificatePEM: String, privateKeyPEM: String) throws(CryptographyError) {
        let certificate = try X509Handle.parse(pem: certificatePEM)[0]
        let key = try KeyHandle(pem: privateKeyPEM)
        try certificate.require(key)
        guard certificate.isCertificateAuthority else {
            throw CryptographyError(
                code: .invalidInput, operation: "reading the certificate authority",
                message: "the certificate of \(certificate.subject) is not an authority's (basicConstraints CA:TRUE)")
        }
        self.init(
            certificate: Certificate(certificate), certificatePEM: certificatePEM, privateKeyPEM: privateKeyPEM)
    }

    /// A server's certificate, with its own new key.
    /// - Parameters:
    ///   - dnsNames: subject alternative names; `*.example.com` is allowed.
    ///   - ipAddresses: `127.0.0.1`, `::1`.
    public func issue(
        server commonName: String, dnsNames: [String] = [], ipAddresses: [String] = [], validFor: Duration,
        now: Date = Date()
    ) throws(CryptographyError) -> IssuedCertificate {
        try CertificateTemplate(
            purpose: .server, commonName: commonName, dnsNames: dnsNames, ipAddresses: ipAddresses,
            validFor: validFor, now: now
        ).sign(with: self)
    }

    /// A client's certificate, with its own new key. Kubernetes reads the user from the common name and the groups
    /// from the organizations.
    public func issue(
        client commonName: String, organizations: [String] = [], validFor: Duration, now: Date = Date()
    ) throws(CryptographyError) -> IssuedCertificate {
        try CertificateTemplate(
            purpose: .client, commonName: commonName, organizations: organizations, validFor: validFor, now: now
        ).sign(with: self)
    }

    private init(certificate: Certificate, certificatePEM: String, privateKeyPEM: String) {
        self.certificate = certificate
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }
}
