/// Decrypts a stream of the age v1 format. Belongs to one task at a time.
public final class AgeDecryptor {
    /// - Parameter identities: keys to try, at least one.
    public init(identities: [AgeIdentity]) throws(AgeError) {}

    /// Takes the next bytes of the file; returns the plain bytes that are proven authentic.
    public func open(_ bytes: [UInt8]) throws(AgeError) -> [UInt8] {
        throw AgeError(.library, "not built yet")
    }

    /// As ``open(_:)``, appending to a buffer that the caller reuses.
    public func open(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(AgeError) {
        throw AgeError(.library, "not built yet")
    }

    /// To be called at the end of the file: only then is it known to be whole. Returns the last plain bytes.
    public func finish() throws(AgeError) -> [UInt8] {
        throw AgeError(.library, "not built yet")
    }

    public func finish(into output: inout [UInt8]) throws(AgeError) {
        throw AgeError(.library, "not built yet")
    }
}
