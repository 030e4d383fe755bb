import Cryptography
import Foundation

/// What the server proves itself with and what it asks of clients: kept in the state folder, so that a kubeconfig stays
/// valid across restarts.
struct ServerIdentity: Sendable {
    var authority: CertificateAuthority
    var certificatePEM: String
    var privateKeyPEM: String
    var token: String

    /// The authority lives ten years; its kubeconfig is local and rewritten at each start.
    static let authorityLifetime: Duration = .seconds(3650 * 86400)
    static let serverLifetime: Duration = .seconds(365 * 86400)
    /// Certificates with less time left than this are issued anew at the start.
    static let renewBefore: TimeInterval = 60 * 86400

    /// Reads what is there and makes what is missing, about to expire, or for other addresses.
    static func prepare(
        in state: StateDirectory, names: [String], now: Date
    ) throws -> ServerIdentity {
        let authority = try authority(in: state, now: now)
        let dnsNames = Set(names.filter { !isAddress($0) } + ["localhost", "kubernetes", "kubernetes.default.svc"])
        let addresses = Set(names.filter(isAddress) + ["127.0.0.1", "::1"])
        let token: String
        if let saved = try state.read(state.token)?.trimmingCharacters(in: .whitespacesAndNewlines), saved.count >= 64 {
            token = saved
        } else {
            token = try SecureRandom.hexString(byteCount: 32)
            try state.write(token + "\n", to: state.token)
        }
        if let pem = try state.read(state.serverCertificate), let key = try state.read(state.serverKey),
            let certificate = try? Certificate.parse(pem: pem).first,
            certificate.notAfter > now.addingTimeInterval(renewBefore), certificate.notBefore <= now,
            certificate.issuer == authority.certificate.subject, dnsNames.isSubset(of: certificate.dnsNames),
            addresses.isSubset(of: certificate.ipAddresses)
        {
            return ServerIdentity(authority: authority, certificatePEM: pem, privateKeyPEM: key, token: token)
        }
        let issued = try authority.issue(
            server: "dr-standalone", dnsNames: dnsNames.sorted(), ipAddresses: addresses.sorted(),
            validFor: serverLifetime, now: now)
        try state.write(issued.privateKeyPEM, to: state.serverKey)
        try state.write(issued.certificatePEM, to: state.serverCertificate)
        return ServerIdentity(
            authority: authority, certificatePEM: issued.certificatePEM, privateKeyPEM: issued.privateKeyPEM,
            token: token)
    }

    private static func authority(in state: StateDirectory, now: Date) throws -> CertificateAuthority {
        if let pem = try state.read(state.authorityCertificate), let key = try state.read(state.authorityKey),
            let saved = try? CertificateAuthority(certificatePEM: pem, privateKeyPEM: key),
            saved.certificate.notAfter > now.addingTimeInterval(renewBefore)
        {
            return saved
        }
        // The name carries a number, so that a server certificate of an authority before is seen to be another's.
        let created = try CertificateAuthority.create(
            commonName: "dr-standalone-ca-\(try SecureRandom.hexString(byteCount: 4))", validFor: authorityLifetime,
            now: now)
        try state.write(created.privateKeyPEM, to: state.authorityKey)
        try state.write(created.certificatePEM, to: state.authorityCertificate)
        return created
    }

    static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Compares in a time that does not depend on where the difference is.
    func accepts(token offered: String) -> Bool {
        // Hashes have one length, so neither the length nor the prefix of the token shows.
        let left = SHA256.hash(offered)
        let right = SHA256.hash(token)
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
