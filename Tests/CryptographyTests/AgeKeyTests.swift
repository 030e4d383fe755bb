@testable import Cryptography
import Testing

@Suite struct AgeKeyTests {
    /// Published in the documentation of `age`.
    static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

    @Test func `keys keep their text through parsing`() throws {
        #expect(try AgeRecipient(parsing: Self.recipient).description == Self.recipient)
        #expect(try AgeRecipient(parsing: "  \(Self.recipient)\r\n").description == Self.recipient)
        let identity = try AgeIdentity.generate()
        #expect(identity.secretKey.hasPrefix("AGE-SECRET-KEY-1"))
        #expect(identity.secretKey.utf8.count == 74)
        #expect(try AgeIdentity(parsing: identity.secretKey) == identity)
        #expect(try AgeIdentity.generate() != identity)
    }

    @Test(arguments: [
        ("", "too short"), ("age1", "too short"), ("hello", "no '1'"),
        (String(recipient.dropLast()), "checksum"), (recipient + "q", "checksum"),
        (recipient.replacingOccurrence(of: "ql3z", with: "qlez"), "checksum"),
        (recipient.replacingOccurrence(of: "ql3z", with: "qlbz"), "character 7"),
        (recipient.replacingOccurrence(of: "ql3z", with: "qL3z"), "mixes upper and lower"),
        (recipient.uppercased(), "'AGE1'"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN", "SSH"),
        ("AGE-SECRET-KEY-1QQQQ", "secret key was given"),
        (Bech32.encode(prefix: "age", [UInt8](repeating: 1, count: 31)), "31 bytes"),
        (Bech32.encode(prefix: "agg", [UInt8](repeating: 1, count: 32)), "'agg1' instead of 'age1'"),
    ])
    func `a malformed recipient is refused with the mend`(text: String, part: String) throws {
        let error = try #require(throws: AgeError.self) { try AgeRecipient(parsing: text) }
        #expect(error.code == .invalidRecipient)
        #expect(error.message.contains(part), "\(error)")
        #expect(error.message.contains("age-keygen"), "\(error)")
    }

    @Test func `a malformed identity is refused without repeating it`() throws {
        let secret = try AgeIdentity.generate().secretKey
        let cases = [
            String(secret.dropLast()), secret.lowercased(), String(secret.dropFirst(4)), secret + "Q",
            secret.replacingOccurrence(of: "KEY-1", with: "KEY-1B"), "x" + secret, Self.recipient, "",
            Bech32.encode(prefix: "AGE-SECRET-KEY-", [UInt8](repeating: 1, count: 33)),
        ]
        for text in cases {
            let error = try #require(throws: AgeError.self) { try AgeIdentity(parsing: text) }
            #expect(error.code == .invalidIdentity)
            #expect(error.message.contains("age-keygen"), "\(error)")
            #expect(!error.message.contains(secret.suffix(30)), "\(error)")
            #expect(!error.message.contains(secret.lowercased().suffix(30)), "\(error)")
        }
    }

    @Test func `a key file holds several identities and comments, and errors name the line`() throws {
        let keys = try (0..<3).map { _ in try AgeIdentity.generate() }
        let text = "# created: 2026\r\n\(keys[0].secretKey)\r\n\n  # x\n\(keys[1].secretKey)\n\(keys[2].secretKey)"
        #expect(try AgeIdentity.parseFile(text) == keys)
        let bad = try #require(throws: AgeError.self) { try AgeIdentity.parseFile("# a\n\nnonsense\n") }
        #expect(bad.message.contains("line 3"))
        for empty in ["", "\n\n", "# only\n"] {
            let error = try #require(throws: AgeError.self) { try AgeIdentity.parseFile(empty) }
            #expect(error.message.contains("no identity"))
        }
    }

    @Test func `printing an identity or dumping it shows no secret`() throws {
        let identity = try AgeIdentity.generate()
        var dumped = ""
        dump([identity], to: &dumped)
        dump(try AgeDecryptor(identities: [identity]), to: &dumped)
        let text = "\(identity) \(String(reflecting: identity)) \([identity]) \(dumped)"
        #expect(!text.contains("SECRET"))
        #expect(text.contains(identity.recipient.description))
        #expect(!dumped.contains("privateKey"))
    }

    /// BIP 173, valid strings of its test vectors that carry whole bytes.
    @Test(arguments: ["A12UEL5L", "a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"])
    func `bech32 accepts the published strings`(text: String) throws {
        let decoded = try Bech32.decode(text)
        #expect(Bech32.encode(prefix: decoded.prefix, decoded.bytes) == text)
    }

    @Test(arguments: ["A1G7SGD8", "10a06t8", "1qzzfhee", "li1dgmt3", "x1b4n0q5v", "pzry9x0s0muk", "1pzry9x0s0muk"])
    func `bech32 refuses the published bad strings`(text: String) {
        #expect(throws: Bech32.Failure.self) { try Bech32.decode(text) }
    }

    /// RFC 7748, section 6.1.
    @Test func `X25519 agrees with the published exchange`() throws {
        let alice = try #require(
            [UInt8](hexString: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try #require(
            [UInt8](hexString: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let alicePublic = try X25519.publicKey(of: alice)
        let bobPublic = try X25519.publicKey(of: bob)
        #expect(alicePublic.hexString == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(bobPublic.hexString == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let shared = try X25519.sharedSecret(privateKey: alice, publicKey: bobPublic)
        #expect(shared.hexString == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try X25519.sharedSecret(privateKey: bob, publicKey: alicePublic) == shared)
    }
}

extension String {
    func replacingOccurrence(of part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
