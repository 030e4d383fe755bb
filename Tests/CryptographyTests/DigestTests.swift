import Cryptography
import Testing

@Suite struct DigestTests {
    /// FIPS 180-4 examples, and NIST's million letters.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func `SHA-256 gives the published digests`(text: String, digest: String) {
        #expect(SHA256.hexHash(text) == digest)
    }

    @Test func `SHA-256 over pieces of any size is that of the whole, and starts anew after each digest`() {
        let whole = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let subject = SHA256()
        for size in [1, 63, 64, 65, 4096, 100_000] {
            for start in stride(from: 0, to: whole.count, by: size) {
                subject.update(whole[start..<min(start + size, whole.count)])
            }
            #expect(subject.finalize() == SHA256.hash(whole))
        }
        #expect(subject.finalizeHex() == SHA256.hexHash(""))
    }

    /// RFC 4231, cases 1, 2, 3, 6 and 7.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        ),
    ])
    func `HMAC-SHA-256 gives the published codes`(key: [UInt8], message: [UInt8], code: String) {
        #expect(HMACSHA256.authenticationCode(for: message, key: key).hexString == code)
    }

    /// RFC 5869, appendix A.1, A.2 and A.3.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 22), Array(UInt8(0)...12), Array(UInt8(0xf0)...0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            Array(UInt8(0)...0x4f), Array(UInt8(0x60)...0xaf), Array(UInt8(0xb0)...0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            [UInt8](repeating: 0x0b, count: 22), [], [],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func `HKDF-SHA-256 gives the published keys`(secret: [UInt8], salt: [UInt8], info: [UInt8], key: String) {
        let derived = HKDFSHA256.deriveKey(secret: secret, salt: salt, info: info, count: key.utf8.count / 2)
        #expect(derived.hexString == key)
    }

    @Test(
        arguments: [
            ([1, 2, 3], [1, 2, 3], true), ([1, 2, 3], [1, 2, 4], false), ([], [], true), ([1], [], false),
            ([1, 2], [1, 2, 3], false),
        ] as [([UInt8], [UInt8], Bool)])
    func `secrets are compared by length and every byte`(left: [UInt8], right: [UInt8], equal: Bool) {
        #expect(ConstantTime.isEqual(left, right) == equal)
    }

    @Test func `random bytes have the length asked for and do not repeat`() throws {
        for count in [0, 1, 16, 1000] { #expect(try SecureRandom.bytes(count).count == count) }
        let drawn = try (0..<1000).map { _ in try SecureRandom.hexString(byteCount: 16) }
        #expect(Set(drawn).count == 1000)
    }

    @Test(
        arguments: [
            ("", []), ("00ff", [0, 255]), ("00FF", [0, 255]), ("0", nil), ("0g", nil), (" 00", nil), ("é", nil),
        ] as [(String, [UInt8]?)])
    func `hexadecimal is read strictly`(text: String, bytes: [UInt8]?) {
        #expect([UInt8](hexString: text) == bytes)
        if let bytes { #expect(bytes.hexString == text.lowercased()) }
    }
}
