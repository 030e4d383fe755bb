public import BackupArchive
public import Foundation
import Processes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The cache folder is not one that secrets may be put in.
public struct CacheFolderError: ProtectionFailure, Hashable {
    public var description: String
    /// A person has to remove it or name another.
    public var isRetriable: Bool { false }
}

/// A folder for the time of one piece of work, readable by this user alone.
public enum ScratchFolder {
    /// Where the operator keeps what it can lose: mirrors, and folders of work under way. `DR_CACHE` names another place.
    public static var standard: URL {
        if let path = ProcessInfo.processInfo.environment["DR_CACHE"], path.hasPrefix("/") {
            return URL(filePath: path, directoryHint: .isDirectory)
        }
        return FileManager.default.temporaryDirectory.appending(path: "dr-cache-\(getuid())")
    }

    /// Makes the cache folder if it is not there. Its name can be guessed and lies where everybody may write: a folder that
    /// another user has made there first would give that user all that is restored in it.
    /// - Throws: ``CacheFolderError`` when it is not this user's alone to write in.
    public static func checked(_ cache: URL) throws -> URL {
        let path = cache.path
        if mkdir(path, 0o700) != 0, errno == ENOENT {
            try FileManager.default.createDirectory(
                at: cache.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            mkdir(path, 0o700)
        }
        var status = stat()
        // Not followed: a link leads where another user wants.
        guard lstat(path, &status) == 0 else {
            throw CacheFolderError(
                description:
                    "the cache folder \(path) cannot be made: \(String(cString: strerror(errno))); let DR_CACHE name one that dr may write to"
            )
        }
        let problem: String? =
            if status.st_mode & S_IFMT != S_IFDIR {
                "is not a folder"
            } else if status.st_uid != geteuid() {
                "belongs to the user \(status.st_uid), not to \(geteuid()), whom dr runs as"
            } else if status.st_mode & 0o022 != 0 {
                "can be written to by others than its owner"
            } else {
                nil
            }
        if let problem {
            throw CacheFolderError(
                description:
                    "the cache folder \(path) \(problem): remove it, or let DR_CACHE name a folder of mode 0700 that is dr's own"
            )
        }
        return cache
    }

    /// Removed when `body` ends, however it ends. What a killed process left, the next that works removes.
    public static func with<R>(in cache: URL, _ body: (URL) async throws -> R) async throws -> R {
        let work = try workFolder(in: cache)
        sweep(work)
        // The kernel lets go of the lock when the process is gone, however it went.
        let lock = try FolderLock.make(in: work)
        defer { lock.remove() }
        let folder = lock.folder
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// Removes the folders of processes that are gone. One that is in use is not touched.
    public static func removeAbandoned(in cache: URL) throws {
        sweep(try workFolder(in: cache))
    }

    private static func workFolder(in cache: URL) throws -> URL {
        let work = try checked(cache).appending(path: "work")
        return try checked(work)
    }

    private static func sweep(_ work: URL) {
        FolderLock.sweep(work)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: work.path)) ?? []
        // Without a lock: of a release that made none.
        let yesterday = Date().addingTimeInterval(-86400)
        for name in names where !name.hasSuffix(".lock") && !names.contains("\(name).lock") {
            let folder = work.appending(path: name)
            let changed = try? folder.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            if let changed, changed < yesterday { try? FileManager.default.removeItem(at: folder) }
        }
    }
}
