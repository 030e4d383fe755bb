import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that nobody sees before it is whole. Gone with the object unless it was committed.
final class ScratchFile: Sendable {
    let path: String
    private let key: String
    private let file: FileHandleOwner

    init(root: String, key: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
            throw ObjectStoreError(.noSuchBucket, "there is no folder \(root): create it, or correct spec.filesystem.path")
        }
        self.key = key
        try FileErrors.makeFolders("\(root)/\(FilesystemStore.scratch)", key: key)
        path = "\(root)/\(FilesystemStore.scratch)/\(UUID().uuidString.lowercased())"
        file = try FileHandleOwner.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, key: key)
    }

    deinit { unlink(path) }

    func write(_ bytes: [UInt8]) throws { try file.write(bytes, key: key) }

    /// Syncs the file, then gives it its name, then syncs the folder: after a power loss it is whole or not there.
    func commit(to target: String, replacing: Bool) throws {
        guard fsync(file.descriptor) == 0 else { throw FileErrors.current(key) }
        try FileErrors.makeFolders((target as NSString).deletingLastPathComponent, key: key)
        if replacing {
            guard rename(path, target) == 0 else { throw FileErrors.current(key) }
        } else {
            guard link(path, target) == 0 else {
                if errno == EEXIST { throw ObjectStoreError(.preconditionFailed, "the object is there already", key: key) }
                throw FileErrors.current(key)
            }
            unlink(path)
        }
        try FileErrors.syncFolder(of: target)
    }
}

/// An open file; closes with the object.
final class FileHandleOwner: Sendable {
    let descriptor: Int32
    private init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    static func open(_ path: String, _ flags: Int32, key: String) throws -> FileHandleOwner {
        let descriptor = systemOpen(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileErrors.current(key) }
        return FileHandleOwner(descriptor)
    }

    func write(_ bytes: [UInt8], key: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count, let base = buffer.baseAddress {
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
                let count = pread(descriptor, base + filled, range.count - filled, off_t(range.lowerBound) + off_t(filled))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileErrors.current(key) }
                if count == 0 { break }
                filled += count
            }
        }
    }
}

/// One writer at a time across processes, for the moment between looking and replacing.
enum FolderLock {
    static func hold<T>(_ root: String, _ body: () throws -> T) throws -> T {
        let file = try FileHandleOwner.open("\(root)/\(FilesystemStore.scratch)/lock", O_RDWR | O_CREAT, key: "lock")
        while flock(file.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileErrors.current("lock") }
        }
        return try body()
    }
}

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
private func systemWrite(_ fd: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(fd, bytes, count) }
