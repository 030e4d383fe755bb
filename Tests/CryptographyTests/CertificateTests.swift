import COpenSSL
import Cryptography
import Foundation
import Processes
import Testing

@Suite struct CertificateTests {
    private static let day = Duration.seconds(86400)
    private let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))

    @Test func `an authority and what it issues say what was asked for`() throws {
        let authority = try CertificateAuthority.create(commonName: "dr test CA", validFor: Self.day * 30, now: now)
        #expect(authority.certificate.subject == "CN=dr test CA")
        #expect(authority.certificate.issuer == "CN=dr test CA")
        #expect(authority.certificate.isCertificateAuthority)
        #expect(authority.certificate.notAfter == now + 30 * 86400)

        let server = try authority.issue(
            server: "dr", dnsNames: ["localhost", "*.example.com"], ipAddresses: ["127.0.0.1", "2001:db8::1"],
            validFor: Self.day, now: now)
        #expect(server.certificate.commonName == "dr")
        #expect(server.certificate.issuer == "CN=dr test CA")
        #expect(server.certificate.dnsNames == ["localhost", "*.example.com"])
        #expect(server.certificate.ipAddresses == ["127.0.0.1", "2001:db8::1"])
        #expect(!server.certificate.isCertificateAuthority)
        #expect(server.certificate.notBefore == now - 300)
        #expect(server.certificate.notAfter == now + 86400)
        #expect(server.certificate.isValid(at: now))
        #expect(!server.certificate.isValid(at: now - 301))
        #expect(!server.certificate.isValid(at: now + 86401))

        let client = try authority.issue(
            client: "admin", organizations: ["system:masters", "Größe, \"quoted\""], validFor: Self.day, now: now)
        #expect(client.certificate.commonName == "admin")
        #expect(client.certificate.organizations == ["system:masters", "Größe, \"quoted\""])
        #expect(client.certificate.dnsNames == [])
    }

    @Test func `a certificate ends no later than its authority`() throws {
        let authority = try CertificateAuthority.create(commonName: "short", validFor: Self.day, now: now)
        let server = try authority.issue(server: "long", validFor: Self.day * 365, now: now)
        #expect(server.certificate.notAfter == authority.certificate.notAfter)
        #expect(throws: CryptographyError.self) {
            try authority.issue(server: "late", validFor: Self.day, now: now + 2 * 86400)
        }
        let forever = try CertificateAuthority.create(commonName: "x", validFor: Self.day * 365 * 20000, now: now)
        #expect(forever.certificate.notAfter == Date(timeIntervalSince1970: 253_402_300_799))
    }

    @Test func `PEM texts survive saving and loading, and openssl prints the same fingerprint`() async throws {
        let created = try CertificateAuthority.create(commonName: "saved", validFor: Self.day)
        let loaded = try CertificateAuthority(
            certificatePEM: created.certificatePEM, privateKeyPEM: created.privateKeyPEM)
        #expect(loaded.certificate == created.certificate)
        let issued = try loaded.issue(server: "s", validFor: Self.day)
        let both = try Certificate.parse(pem: "a comment\n" + issued.certificatePEM + "\n" + loaded.certificatePEM)
        #expect(both == [issued.certificate, created.certificate])
        #expect(try Certificate(der: issued.certificate.derBytes) == issued.certificate)

        let printed = try await runChild(
            Command("openssl", ["x509", "-noout", "-fingerprint", "-sha256"]),
            input: Array(issued.certificatePEM.utf8))
        #expect(String(decoding: printed, as: UTF8.self).contains(issued.certificate.fingerprintText))
    }

    @Test func `openssl verifies the chain for its purpose, and for no other`() async throws {
        let folder = try ScratchFolder()
        let authority = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let stranger = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let server = try authority.issue(
            server: "server", dnsNames: ["db.example.com"], ipAddresses: ["127.0.0.1"], validFor: Self.day)
        let client = try authority.issue(client: "client", validFor: Self.day)
        try folder.write(authority.certificatePEM, to: "ca.pem")
        try folder.write(stranger.certificatePEM, to: "stranger.pem")
        try folder.write(server.certificatePEM, to: "server.pem")
        try folder.write(client.certificatePEM, to: "client.pem")

        func verifies(_ certificate: String, _ arguments: String...) async -> Bool {
            let all = ["verify", "-x509_strict"] + arguments + [folder.path(certificate)]
            return (try? await runChild(Command("openssl", all))) != nil
        }
        let trust = folder.path("ca.pem")
        #expect(await verifies("server.pem", "-CAfile", trust, "-purpose", "sslserver"))
        #expect(await verifies("server.pem", "-CAfile", trust, "-verify_hostname", "db.example.com"))
        #expect(await verifies("server.pem", "-CAfile", trust, "-verify_ip", "127.0.0.1"))
        #expect(await verifies("client.pem", "-CAfile", trust, "-purpose", "sslclient"))
        #expect(await !verifies("server.pem", "-CAfile", trust, "-purpose", "sslclient"))
        #expect(await !verifies("client.pem", "-CAfile", trust, "-purpose", "sslserver"))
        #expect(await !verifies("server.pem", "-CAfile", trust, "-verify_hostname", "other.example.com"))
        #expect(await !verifies("server.pem", "-CAfile", folder.path("stranger.pem")))
    }

    @Test func `a server and a client shake hands with the certificates, and a stranger does not`() async throws {
        let folder = try ScratchFolder()
        let authority = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let stranger = try CertificateAuthority.create(commonName: "other CA", validFor: Self.day)
        let server = try authority.issue(
            server: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], validFor: Self.day)
        let client = try authority.issue(client: "client", validFor: Self.day)
        let wrong = try stranger.issue(client: "client", validFor: Self.day)
        for (name, text) in [
            ("ca.pem", authority.certificatePEM), ("server.pem", server.certificatePEM),
            ("server.key", server.privateKeyPEM), ("client.pem", client.certificatePEM),
            ("client.key", client.privateKeyPEM), ("wrong.pem", wrong.certificatePEM),
            ("wrong.key", wrong.privateKeyPEM),
        ] { try folder.write(text, to: name) }

        let serving = Command(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", folder.path("server.pem"), "-key",
                folder.path("server.key"), "-CAfile", folder.path("ca.pem"), "-Verify", "1",
                "-verify_return_error", "-naccept", "3", "-rev",
            ])
        /// Whether the server answered: only then both sides accepted each other. s_server -rev reverses a line.
        func isAnswered(_ port: String, _ name: String, host: String = "localhost") async -> Bool {
            let arguments = [
                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", folder.path("ca.pem"), "-cert",
                folder.path("\(name).pem"), "-key", folder.path("\(name).key"), "-verify_return_error",
                "-verify_hostname", host, "-quiet",
            ]
            // With -quiet the client stays until the server closes, which -rev does at the line CLOSE.
            let output = try? await runChild(Command("openssl", arguments), input: Array("hello\nCLOSE\n".utf8))
            return output == Array("olleh\n".utf8)
        }
        _ = try await withChild(serving) { streams in
            var said = ""
            while !said.contains("ACCEPT 127.0.0.1:") || !said.hasSuffix("\n") {
                let piece = try await streams.output.read(upTo: 4096)
                try #require(!piece.isEmpty, "the server ended: \(said)")
                said += String(decoding: piece, as: UTF8.self)
            }
            let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") })
            let port = try #require(line.split(separator: ":").last).trimmingCharacters(in: .whitespaces)
            #expect(await !isAnswered(port, "client", host: "elsewhere"))
            #expect(await !isAnswered(port, "wrong"))
            #expect(await isAnswered(port, "client"))
        }
    }

    @Test func `names are data and cannot add further names`() throws {
        let authority = try CertificateAuthority.create(commonName: "CA,O=x+CN=y", validFor: Self.day)
        #expect(authority.certificate.commonName == "CA,O=x+CN=y")
        #expect(authority.certificate.organizations == [])
        let server = try authority.issue(server: "s", dnsNames: ["a,IP:10.0.0.1"], validFor: Self.day)
        #expect(server.certificate.dnsNames == ["a,IP:10.0.0.1"])
        #expect(server.certificate.ipAddresses == [])
    }

    @Test func `unusable input is refused by name`() throws {
        let authority = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let other = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let leaf = try authority.issue(server: "s", validFor: Self.day)
        let cases: [(String, () throws -> Void)] = [
            ("1 to 64", { _ = try CertificateAuthority.create(commonName: "", validFor: .seconds(1)) }),
            (
                "65 characters",
                { _ = try authority.issue(server: String(repeating: "x", count: 65), validFor: .seconds(1)) }
            ),
            ("organization", { _ = try authority.issue(client: "c", organizations: [""], validFor: .seconds(1)) }),
            ("validFor", { _ = try authority.issue(server: "s", validFor: .zero) }),
            (
                "not an IP address",
                { _ = try authority.issue(server: "s", ipAddresses: ["1.2.3"], validFor: .seconds(1)) }
            ),
            ("DNS name", { _ = try authority.issue(server: "s", dnsNames: ["ä"], validFor: .seconds(1)) }),
            ("no certificate", { _ = try Certificate.parse(pem: "") }),
            ("no certificate", { _ = try Certificate.parse(pem: authority.privateKeyPEM) }),
            (
                "certificate 1 of the PEM text is malformed",
                { _ = try Certificate.parse(pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") }
            ),
            (
                "certificate 2 of the PEM text is malformed",
                { _ = try Certificate.parse(pem: leaf.certificatePEM + leaf.certificatePEM.dropLast(300)) }
            ),
            ("DER", { _ = try Certificate(der: []) }),
            ("DER", { _ = try Certificate(der: leaf.certificate.derBytes + [0]) }),
            (
                "private key is not the one",
                {
                    _ = try CertificateAuthority(
                        certificatePEM: authority.certificatePEM, privateKeyPEM: other.privateKeyPEM)
                }
            ),
            (
                "not an authority's",
                { _ = try CertificateAuthority(certificatePEM: leaf.certificatePEM, privateKeyPEM: leaf.privateKeyPEM) }
            ),
            (
                "private key in PEM",
                { _ = try CertificateAuthority(certificatePEM: authority.certificatePEM, privateKeyPEM: "x") }
            ),
        ]
        for (part, body) in cases {
            let error = try #require(throws: CryptographyError.self) { try body() }
            #expect(error.description.contains(part), "\(error)")
            #expect(error.code == .invalidInput, "\(error)")
        }
    }

    @Test func `an encrypted key is refused without asking for its passphrase`() async throws {
        let authority = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let locked = try await runChild(
            Command("openssl", ["pkcs8", "-topk8", "-passout", "pass:x"]), input: Array(authority.privateKeyPEM.utf8))
        #expect(throws: CryptographyError.self) {
            try CertificateAuthority(
                certificatePEM: authority.certificatePEM, privateKeyPEM: String(decoding: locked, as: UTF8.self))
        }
    }

    @Test func `printing an authority shows no key`() throws {
        let authority = try CertificateAuthority.create(commonName: "CA", validFor: Self.day)
        let issued = try authority.issue(server: "s", validFor: Self.day)
        var dumped = ""
        dump([authority], to: &dumped)
        dump([issued], to: &dumped)
        let text = "\(authority) \(issued) \([issued]) \(String(reflecting: authority)) \(dumped)"
        #expect(!text.contains("PRIVATE KEY"))
    }

    @Test func `errors of an earlier call are not blamed on a later one`() throws {
        for _ in 0..<3 { _ = try? Certificate.parse(pem: "-----BEGIN CERTIFICATE-----\n!!\n") }
        // What a library beside us left behind on this thread.
        let empty = BIO_new(BIO_s_mem())
        defer { BIO_free(empty) }
        #expect(PEM_read_bio_X509(empty, nil, nil, nil) == nil)
        #expect(ERR_peek_error() != 0)
        let error = try #require(throws: CryptographyError.self) { try Certificate(der: [1, 2, 3]) }
        #expect(!error.reasons.isEmpty)
        #expect(!error.reasons.contains { $0.contains("PEM") })
        #expect(ERR_peek_error() == 0)
    }
}
