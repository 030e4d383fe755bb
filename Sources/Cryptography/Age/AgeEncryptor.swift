/// Encrypts a stream into the age v1 format. Belongs to one task at a time.
///
/// Holds back less than one chunk (64 KiB), so its memory does not depend on the stream's length.
public final class AgeEncryptor {
    /// - Parameter recipients: everyone who shall be able to decrypt, at least one.
    public init(recipients: [AgeRecipient]) throws(AgeError) {}

    /// Takes the next plain bytes; returns what is ready. The first output holds the header.
    public func seal(_ plain: [UInt8]) throws(AgeError) -> [UInt8] {
        throw AgeError(.library, "not built yet")
    }

    /// As ``seal(_:)``, appending to a buffer that the caller reuses.
    public func seal(_ plain: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(AgeError) {
        throw AgeError(.library, "not built yet")
    }

    /// The last bytes. Without them the file is truncated.
    public func finish() throws(AgeError) -> [UInt8] {
        throw AgeError(.library, "not built yet")
    }

    public func finish(into output: inout [UInt8]) throws(AgeError) {
        throw AgeError(.library, "not built yet")
    }
}
