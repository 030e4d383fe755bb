#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A temporary file that only this user can read, for what a library takes by file name only.
public final class PrivateFile: Sendable {
    public let path: String

    /// - Throws: ``PostgresError`` when the temporary folder cannot be written.
    public init(text: String) throws {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/dr-XXXXXX".utf8CString)
        // mkstemp makes it with mode 0600 and never opens what is already there.
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure(folder) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let failure = Self.failure(folder)
                close(descriptor)
                unlink(path)
                throw failure
            }
            bytes = bytes.dropFirst(written)
        }
        close(descriptor)
    }

    deinit { remove() }

    /// Safe to call twice.
    public func remove() { unlink(path) }

    private static func failure(_ folder: String) -> PostgresError {
        PostgresError(code: .other, message: "cannot write a file in \(folder): \(String(cString: strerror(errno)))")
    }
}
