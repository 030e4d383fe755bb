#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open file; closes with the object, which may wait for a disk as every call here: on a thread of a ``FileLane``.
final class FileHandleOwner: Sendable {
    let descriptor: Int32
    private init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// `errno` is still that of the failure when it throws. Never waits for a pipe's other end.
    static func open(
        _ name: String, _ flags: Int32, in folder: Folder? = nil, key: String
    ) throws(ObjectStoreError) -> FileHandleOwner {
        do { try FileCall.goOn() } catch {
            errno = ECANCELED
            throw error
        }
        let descriptor = openat(folder?.descriptor ?? AT_FDCWD, name, flags | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileErrors.current(key) }
        return FileHandleOwner(descriptor)
    }

    func info(key: String) throws -> ObjectInfo? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileErrors.current(key) }
        return status.st_mode & S_IFMT == S_IFREG ? ObjectInfo(status, key: key) : nil
    }

    func write(_ bytes: [UInt8], key: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count, let base = buffer.baseAddress {
                try FileCall.goOn()
                let count = systemWrite(descriptor, base + offset, buffer.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileErrors.current(key) }
                offset += count
            }
        }
    }

    /// Shorter than asked for only when the file is.
    func read(_ range: Range<Int64>, key: String) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count, let base = buffer.baseAddress {
                try FileCall.goOn()
                let count = pread(
                    descriptor, base + filled, range.count - filled, off_t(range.lowerBound) + off_t(filled))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileErrors.current(key) }
                if count == 0 { break }
                filled += count
            }
        }
    }
}

private func systemWrite(_ fd: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(fd, bytes, count) }
