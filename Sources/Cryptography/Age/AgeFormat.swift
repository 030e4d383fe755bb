/// Constants and key derivations of the age v1 format (C2SP specification `age-encryption.org/v1`).
enum AgeFormat {
    static let intro = "age-encryption.org/v1"
    static let fileKeySize = 16
    static let payloadNonceSize = 16
    static let plainChunkSize = 64 << 10
    static let sealedChunkSize = plainChunkSize + ChaCha20Poly1305.tagSize
    /// Decoded bytes of a full line of a stanza's body: 64 characters.
    static let bytesPerLine = 48
    /// The format has no limit. This one holds some ten thousand recipients, and keeps a hostile file from filling the
    /// memory with a header that never ends.
    static let headerLimit = 1 << 20

    static let x25519Type = "X25519"
    private static let x25519Label = Array("age-encryption.org/v1/X25519".utf8)

    /// The key that encrypts the file key for one recipient.
    static func wrapKey(sharedSecret: [UInt8], ephemeral: [UInt8], recipient: [UInt8]) -> [UInt8] {
        HKDFSHA256.deriveKey(
            secret: sharedSecret, salt: ephemeral + recipient, info: x25519Label, count: ChaCha20Poly1305.keySize)
    }

    /// - Parameter header: up to and including the `---` of the last line.
    static func headerCode(fileKey: [UInt8], header: [UInt8]) -> [UInt8] {
        let key = HKDFSHA256.deriveKey(secret: fileKey, info: Array("header".utf8), count: 32)
        return HMACSHA256.authenticationCode(for: header, key: key)
    }

    static func payloadKey(fileKey: [UInt8], nonce: [UInt8]) -> [UInt8] {
        HKDFSHA256.deriveKey(
            secret: fileKey, salt: nonce, info: Array("payload".utf8), count: ChaCha20Poly1305.keySize)
    }
}

/// One recipient's part of the header: `-> TYPE ARGUMENT…` and a body.
struct AgeStanza: Equatable {
    var type: String
    var arguments: [String]
    var body: [UInt8]

    /// The stanza's text with its final newline. The body's last line is always shorter than a full one, if need be
    /// empty: that is how a reader knows where it ends.
    var text: String {
        var text = "-> " + ([type] + arguments).joined(separator: " ") + "\n"
        var rest = body[...]
        while rest.count >= AgeFormat.bytesPerLine {
            text += Base64.encode(Array(rest.prefix(AgeFormat.bytesPerLine))) + "\n"
            rest = rest.dropFirst(AgeFormat.bytesPerLine)
        }
        return text + Base64.encode(Array(rest)) + "\n"
    }
}
