/// An X25519 secret key, `AGE-SECRET-KEY-1…`: decrypts what was encrypted to its ``recipient``.
public struct AgeIdentity: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// 32 bytes.
    let privateKey: [UInt8]
    /// The public key that belongs to it.
    public let recipient: AgeRecipient

    static let prefix = "AGE-SECRET-KEY-"

    /// A new key.
    public static func generate() throws(AgeError) -> AgeIdentity {
        do {
            return try AgeIdentity(privateKey: try SecureRandom.bytes(X25519.keySize))
        } catch { throw AgeError(error) }
    }

    /// - Parameter text: `AGE-SECRET-KEY-1` and 58 further uppercase characters. White space around it is ignored.
    /// - Throws: ``AgeError`` with `.invalidIdentity`; its message never repeats the text.
    public init(parsing text: String) throws(AgeError) {
        let example = "an identity looks like AGE-SECRET-KEY-1… (74 characters) and is made by 'age-keygen'"
        let decoded: (prefix: String, bytes: [UInt8])
        do {
            decoded = try Bech32.decode(text.trimmed)
        } catch {
            throw AgeError(.invalidIdentity, "the identity is malformed: \(error.kind.rawValue); \(example)")
        }
        guard decoded.prefix == Self.prefix else {
            throw AgeError(
                .invalidIdentity,
                decoded.prefix == AgeRecipient.prefix
                    ? "a recipient (a public key) was given where an identity (the secret key) is expected; \(example)"
                    : "the identity does not begin with AGE-SECRET-KEY-1; \(example)")
        }
        guard decoded.bytes.count == X25519.keySize else {
            throw AgeError(.invalidIdentity, "the identity holds \(decoded.bytes.count) bytes, not 32; \(example)")
        }
        do { try self.init(privateKey: decoded.bytes) } catch { throw AgeError(error) }
    }

    /// A file as `age-keygen -o` writes it: one identity a line, empty lines and lines that begin with `#` ignored.
    /// - Returns: at least one.
    /// - Throws: ``AgeError`` with `.invalidIdentity`, naming the line.
    public static func parseFile(_ text: String) throws(AgeError) -> [AgeIdentity] {
        var identities: [AgeIdentity] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let line = String(line).trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            do {
                identities.append(try AgeIdentity(parsing: line))
            } catch {
                throw AgeError(error.code, "line \(index + 1) of the identity file: \(error.message)")
            }
        }
        guard !identities.isEmpty else {
            throw AgeError(
                .invalidIdentity, "the identity file holds no identity; 'age-keygen -o FILE' makes one")
        }
        return identities
    }

    init(privateKey: [UInt8]) throws(CryptographyError) {
        self.privateKey = privateKey
        recipient = AgeRecipient(publicKey: try X25519.publicKey(of: privateKey))
    }

    /// `AGE-SECRET-KEY-1…`: a secret, for a file of mode 0600 or a Secret.
    public var secretKey: String { Bech32.encode(prefix: Self.prefix, privateKey) }

    public static func == (left: AgeIdentity, right: AgeIdentity) -> Bool {
        ConstantTime.isEqual(left.privateKey, right.privateKey)
    }

    /// Names the public key, so that an accidental print shows no secret; so do `debugDescription` and `dump`.
    public var description: String { "AgeIdentity(\(recipient))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["recipient": recipient.description]) }
}
