@testable import Cryptography
import Testing

/// Files whose header code is right although something else is not: only a writer with the key can make them. We read
/// and refuse the same ones as `age`.
@Suite struct AgeCraftedFileTests {
    /// How a file differs from a plain one.
    struct Craft: Sendable, CustomTestStringConvertible {
        var name: String
        var accepted: Bool
        /// The lines of the stanzas, made from the good one.
        var stanzas: @Sendable (AgeStanza) -> String = { $0.text }
        /// Chunks of plain bytes; the last gets the flag.
        var chunks: [[UInt8]] = [Array("plain".utf8)]
        var trailer: [UInt8] = []
        var code: @Sendable (String) -> String = { $0 }

        var testDescription: String { name }
    }

    private static let grease = "-> grease-\"!~ argument % 7\nAAAA\n"
    private static let full = [UInt8](repeating: 7, count: 65536)

    static let crafts: [Craft] = [
        Craft(name: "nothing special", accepted: true),
        Craft(name: "an unknown stanza before", accepted: true, stanzas: { grease + $0.text }),
        Craft(name: "an unknown stanza after", accepted: true, stanzas: { $0.text + grease }),
        Craft(name: "an unknown stanza without arguments or body", accepted: true, stanzas: { "-> x\n\n" + $0.text }),
        Craft(
            name: "an unknown stanza whose body fills its lines", accepted: true,
            stanzas: { AgeStanza(type: "y", arguments: [], body: [UInt8](repeating: 1, count: 96)).text + $0.text }),
        Craft(
            name: "a stanza whose body lacks its short line", accepted: false,
            stanzas: { "-> y\n" + String(repeating: "A", count: 64) + "\n" + $0.text }),
        Craft(
            name: "a body line that is too long", accepted: false,
            stanzas: { "-> y\n" + String(repeating: "A", count: 68) + "\n\n" + $0.text }),
        Craft(name: "a body with padding", accepted: false, stanzas: { "-> y\nAAA=\n" + $0.text }),
        Craft(name: "a body that is not canonical", accepted: false, stanzas: { "-> y\nAB\n" + $0.text }),
        Craft(name: "a body of one character", accepted: false, stanzas: { "-> y\nA\n" + $0.text }),
        Craft(name: "a stanza without a type", accepted: false, stanzas: { "->\n\n" + $0.text }),
        Craft(name: "a stanza with two spaces", accepted: false, stanzas: { "->  y\n\n" + $0.text }),
        Craft(name: "a stanza with a space at its end", accepted: false, stanzas: { "-> y \n\n" + $0.text }),
        Craft(name: "an argument beyond ASCII", accepted: false, stanzas: { "-> y é\n\n" + $0.text }),
        Craft(name: "an argument with a tab", accepted: false, stanzas: { "-> y a\tb\n\n" + $0.text }),
        Craft(name: "a carriage return in a stanza line", accepted: false, stanzas: { "-> y\r\n\n" + $0.text }),
        Craft(name: "a carriage return in a body", accepted: false, stanzas: { "-> y\nAAAA\r\n" + $0.text }),
        Craft(name: "an empty line between stanzas", accepted: false, stanzas: { $0.text + "\n" }),
        Craft(
            name: "an X25519 stanza with a second argument", accepted: false,
            stanzas: { AgeStanza(type: "X25519", arguments: $0.arguments + ["x"], body: $0.body).text }),
        Craft(
            name: "an X25519 stanza without argument, before", accepted: false,
            stanzas: { AgeStanza(type: "X25519", arguments: [], body: $0.body).text + $0.text }),
        Craft(
            name: "an X25519 stanza with a short key, before", accepted: false,
            stanzas: { AgeStanza(type: "X25519", arguments: ["AAAA"], body: $0.body).text + $0.text }),
        Craft(
            name: "an X25519 stanza with a long body, before", accepted: false,
            stanzas: {
                AgeStanza(type: "X25519", arguments: $0.arguments, body: $0.body + [0]).text + $0.text
            }),
        Craft(
            name: "an X25519 stanza with a long body, after", accepted: true,
            stanzas: {
                $0.text + AgeStanza(type: "X25519", arguments: $0.arguments, body: $0.body + [0]).text
            }),
        Craft(
            name: "an X25519 stanza with a key of low order", accepted: false,
            stanzas: {
                AgeStanza(type: "X25519", arguments: [String(repeating: "A", count: 43)], body: $0.body).text + $0.text
            }),
        Craft(
            name: "a type in lower case", accepted: false,
            stanzas: { AgeStanza(type: "x25519", arguments: $0.arguments, body: $0.body).text }),
        Craft(name: "a passphrase stanza beside", accepted: true, stanzas: { "-> scrypt AAAA 10\nAAAA\n" + $0.text }),
        Craft(name: "the same stanza twice", accepted: true, stanzas: { $0.text + $0.text }),
        Craft(name: "no stanza", accepted: false, stanzas: { _ in "" }),
        Craft(name: "a code with padding", accepted: false, code: { $0 + "=" }),
        Craft(name: "a code with a space at its end", accepted: false, code: { $0 + " " }),
        Craft(name: "a code with a carriage return", accepted: false, code: { $0 + "\r" }),
        Craft(name: "a code cut short", accepted: false, code: { String($0.dropLast()) }),
        Craft(name: "an empty code", accepted: false, code: { _ in "" }),
        Craft(name: "a full last chunk", accepted: true, chunks: [full]),
        Craft(name: "two full chunks", accepted: true, chunks: [full, full]),
        Craft(name: "an empty file", accepted: true, chunks: [[]]),
        Craft(name: "an empty chunk after a full one", accepted: false, chunks: [full, []]),
        Craft(name: "a short chunk that is not the last", accepted: false, chunks: [[1, 2, 3], [4]]),
        Craft(name: "no chunk", accepted: false, chunks: []),
        Craft(name: "a byte after a short chunk", accepted: false, trailer: [0]),
        Craft(name: "a byte after a full chunk", accepted: false, chunks: [full], trailer: [0]),
        Craft(name: "a chunk's worth after a full chunk", accepted: false, chunks: [full], trailer: full),
    ]

    @Test(arguments: crafts)
    func `a crafted file is read or refused as age does`(craft: Craft) async throws {
        let age = try await AgeWitness()
        let fileKey = try SecureRandom.bytes(16)
        let good = try AgeHeader.wrap(fileKey, for: age.identity.recipient)
        let head = "age-encryption.org/v1\n" + craft.stanzas(good) + "---"
        let code = Base64.encode(AgeFormat.headerCode(fileKey: fileKey, header: Array(head.utf8)))
        let nonce = try SecureRandom.bytes(16)
        var file = Array((head + " " + craft.code(code) + "\n").utf8) + nonce
        let cipher = try ChaCha20Poly1305(
            key: AgeFormat.payloadKey(fileKey: fileKey, nonce: nonce), sealing: true)
        for (index, chunk) in craft.chunks.enumerated() {
            let last = index == craft.chunks.count - 1
            try file.append(count: chunk.count + 16) { (target) throws(CryptographyError) in
                try withBytes(of: chunk) { (plain) throws(CryptographyError) in
                    try cipher.seal(plain, nonce: .init(counter: UInt64(index), isLast: last), into: target)
                }
            }
        }
        file += craft.trailer
        let plain = craft.chunks.flatMap(\.self)

        #expect(try await age.decrypt(file) == (craft.accepted ? plain : nil), "what age does")
        for piece in [1, 64, 65552, 1 << 20] where file.count / piece < 3000 {
            let ours = try? Ours.decrypt(file, [age.identity], piece: piece)
            #expect(ours == (craft.accepted ? plain : nil), "what we do, in pieces of \(piece)")
        }
    }
}
