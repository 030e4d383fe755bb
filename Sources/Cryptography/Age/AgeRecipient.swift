/// An X25519 public key, `age1…`: who can decrypt. No secret.
public struct AgeRecipient: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    let publicKey: [UInt8]

    static let prefix = "age"

    /// - Parameter text: `age1` and 58 further lowercase characters, as `age-keygen` prints it. White space around it
    ///   is ignored.
    /// - Throws: ``AgeError`` with `.invalidRecipient`, naming the mistake.
    public init(parsing text: String) throws(AgeError) {
        let text = text.trimmed
        let example = "a recipient looks like age1… (62 characters) and is what 'age-keygen -y KEYFILE' prints"
        if text.hasPrefix("AGE-SECRET-KEY-") {
            throw AgeError(
                .invalidRecipient,
                "a secret key was given where a recipient is expected; \(example). Treat that secret key as exposed")
        }
        if text.hasPrefix("ssh-") {
            throw AgeError(.invalidRecipient, "SSH keys are not supported as recipients; \(example)")
        }
        let decoded: (prefix: String, bytes: [UInt8])
        do {
            decoded = try Bech32.decode(text)
        } catch {
            throw AgeError(.invalidRecipient, "the recipient is malformed: \(error.reason); \(example)")
        }
        guard decoded.prefix == Self.prefix else {
            throw AgeError(
                .invalidRecipient, "the recipient begins with '\(decoded.prefix)1' instead of 'age1'; \(example)")
        }
        guard decoded.bytes.count == X25519.keySize else {
            throw AgeError(.invalidRecipient, "the recipient holds \(decoded.bytes.count) bytes, not 32; \(example)")
        }
        publicKey = decoded.bytes
    }

    init(publicKey: [UInt8]) { self.publicKey = publicKey }

    /// `age1…`
    public var description: String { Bech32.encode(prefix: Self.prefix, publicKey) }
}
