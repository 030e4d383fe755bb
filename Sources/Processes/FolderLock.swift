public import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file `NAME.lock` beside a folder `NAME` that is locked as long as the process that works in the folder lives.
///
/// The kernel lets go of the lock when the process is gone, however it went. A process number says less: in a container it
/// is the same after each start.
public struct FolderLock: Sendable {
    public let file: URL
    private let descriptor: Int32

    /// What the lock is for.
    public var folder: URL { file.deletingPathExtension() }

    /// A lock with a name of its own in `place`; the folder is the caller's to make.
    /// - Throws: the `POSIXError` of making the file.
    public static func make(in place: URL, prefix: String = "") throws -> FolderLock {
        while true {
            let file = place.appending(path: "\(prefix)\(UUID().uuidString).lock")
            let descriptor = open(file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            var status = stat()
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink == 1 {
                return FolderLock(file: file, descriptor: descriptor)
            }
            // Another process swept it away before it was locked.
            close(descriptor)
        }
    }

    private init(file: URL, descriptor: Int32) {
        self.file = file
        self.descriptor = descriptor
    }

    /// Nil while its process lives, and for what another user has put there.
    private init?(taking file: URL) {
        self.file = file
        descriptor = open(file.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else {
            close(descriptor)
            return nil
        }
    }

    /// Removes the folders of processes that are gone, with their locks. What is in use is not touched.
    public static func sweep(_ place: URL, prefix: String = "") {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
        where name.hasPrefix(prefix) && name.hasSuffix(".lock") {
            guard let lock = FolderLock(taking: place.appending(path: name)) else { continue }
            try? FileManager.default.removeItem(at: lock.folder)
            lock.remove()
        }
    }

    /// Lets go. The folder should be gone by then.
    public func remove() {
        unlink(file.path)
        close(descriptor)
    }
}
