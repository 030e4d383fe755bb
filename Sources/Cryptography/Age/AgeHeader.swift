/// The header of an age file: who can decrypt it, and the proof that nobody changed that list.
struct AgeHeader {
    var stanzas: [AgeStanza]
    /// HMAC over ``authenticated``.
    var code: [UInt8]
    /// The header's bytes up to and including `---`.
    var authenticated: [UInt8]

    /// The bytes of a new header for a file key.
    static func make(fileKey: [UInt8], recipients: [AgeRecipient]) throws(CryptographyError) -> [UInt8] {
        var text = AgeFormat.intro + "\n"
        for recipient in recipients { text += try wrap(fileKey, for: recipient).text }
        text += "---"
        let code = AgeFormat.headerCode(fileKey: fileKey, header: Array(text.utf8))
        return Array((text + " " + Base64.encode(code) + "\n").utf8)
    }

    static func wrap(_ fileKey: [UInt8], for recipient: AgeRecipient) throws(CryptographyError) -> AgeStanza {
        let secret = try SecureRandom.bytes(X25519.keySize)
        let ephemeral = try X25519.publicKey(of: secret)
        let shared = try X25519.sharedSecret(privateKey: secret, publicKey: recipient.publicKey)
        let key = AgeFormat.wrapKey(sharedSecret: shared, ephemeral: ephemeral, recipient: recipient.publicKey)
        let cipher = try ChaCha20Poly1305(key: key, sealing: true)
        var body: [UInt8] = []
        // Every key is used once, so the nonce may be constant.
        try body.append(count: fileKey.count + ChaCha20Poly1305.tagSize) { (target) throws(CryptographyError) in
            try withBytes(of: fileKey) { (plain) throws(CryptographyError) in
                try cipher.seal(plain, nonce: .zero, into: target)
            }
        }
        return AgeStanza(type: AgeFormat.x25519Type, arguments: [Base64.encode(ephemeral)], body: body)
    }

    /// Finds the file key, and with it proves that the header is as it was written.
    func fileKey(identities: [AgeIdentity]) throws(AgeError) -> [UInt8] {
        for identity in identities {
            for (index, stanza) in stanzas.enumerated() where stanza.type == AgeFormat.x25519Type {
                guard let key = try unwrap(stanza, number: index + 1, with: identity) else { continue }
                guard ConstantTime.isEqual(AgeFormat.headerCode(fileKey: key, header: authenticated), code) else {
                    throw AgeError(.corrupt, "the header was changed: its authentication code is wrong")
                }
                return key
            }
        }
        throw AgeError(.noMatchingIdentity, mismatch(identities))
    }

    /// Nil when the stanza is for another key.
    private func unwrap(
        _ stanza: AgeStanza, number: Int, with identity: AgeIdentity
    ) throws(AgeError) -> [UInt8]? {
        guard stanza.arguments.count == 1, let ephemeral = Base64.decode(stanza.arguments[0].utf8),
            ephemeral.count == X25519.keySize,
            stanza.body.count == AgeFormat.fileKeySize + ChaCha20Poly1305.tagSize
        else { throw AgeError(.corrupt, "recipient \(number) of the header is malformed") }
        do {
            let shared = try X25519.sharedSecret(privateKey: identity.privateKey, publicKey: ephemeral)
            let key = AgeFormat.wrapKey(
                sharedSecret: shared, ephemeral: ephemeral, recipient: identity.recipient.publicKey)
            let cipher = try ChaCha20Poly1305(key: key, sealing: false)
            var fileKey = [UInt8](repeating: 0, count: AgeFormat.fileKeySize)
            let authentic = fileKey.withUnsafeMutableBytes { target in
                stanza.body.withUnsafeBytes { sealed in
                    target.baseAddress.map { cipher.open(sealed, nonce: .zero, into: $0) } ?? false
                }
            }
            return authentic ? fileKey : nil
        } catch {
            guard error.code == .invalidInput else { throw AgeError(error) }
            throw AgeError(.corrupt, "recipient \(number) of the header holds no valid public key")
        }
    }

    private func mismatch(_ identities: [AgeIdentity]) -> String {
        let known = identities.prefix(5).map(\.recipient.description).joined(separator: ", ")
        let more = identities.count > 5 ? " and \(identities.count - 5) more" : ""
        if stanzas.contains(where: { $0.type == "scrypt" }) {
            return "the file is encrypted with a passphrase, which is not supported; "
                + "encrypt it to a recipient (age1…)"
        }
        let others = Set(stanzas.map(\.type)).subtracting([AgeFormat.x25519Type]).sorted()
        let count = stanzas.count { $0.type == AgeFormat.x25519Type }
        let unknown = others.isEmpty ? "" : ", and recipients of \(others.count) other types,"
        return "none of the identities given can decrypt the file: it is encrypted to \(count) X25519 "
            + "recipient\(count == 1 ? "" : "s")\(unknown) but not to \(known)\(more); "
            + "give the identity of a key it was encrypted to"
    }
}

/// `withUnsafeBytes` whose closure throws a typed error.
func withBytes<Failure: Error>(
    of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
) throws(Failure) {
    var outcome: Result<Void, Failure> = .success(())
    bytes.withUnsafeBytes { buffer in
        do throws(Failure) { try body(buffer) } catch { outcome = .failure(error) }
    }
    try outcome.get()
}
