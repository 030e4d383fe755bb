import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that nobody sees before it is whole. Gone with the object unless it was committed: the last to hold it is a
/// thread of a ``FileLane``.
final class ScratchFile: Sendable {
    /// Where unfinished files are. It starts with a dot, as no key's segment may.
    static let folder = ".unfinished"
    static let ending = ".part"
    static let keyEnding = ".key"

    private let key: String
    private let id: String
    private let root: Folder
    private let folder: Folder
    private let file: FileHandleOwner

    /// - Parameter isNamed: whether a second file tells the key, so that a later cleaner knows whose this was.
    init(root path: String, key: String, isNamed: Bool = false) throws {
        self.key = key
        root = try Folder.root(path)
        folder = try root.makeChild(Self.folder, key: key)
        id = UUID().uuidString.lowercased()
        if isNamed {
            let note = try FileHandleOwner.open(
                id + Self.keyEnding, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, in: folder, key: key)
            try note.write(Array(key.utf8), key: key)
        }
        file = try FileHandleOwner.open(
            id + Self.ending, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, in: folder, key: key)
    }

    deinit { remove() }

    func write(_ bytes: [UInt8]) throws { try file.write(bytes, key: key) }

    /// Syncs the file, then gives it its name, then syncs the folder: after a power loss it is whole or not there.
    func commit(replacing: Bool) throws -> ObjectInfo {
        // The kernel's own stamp moves in steps of milliseconds; two objects of one name must differ in theirs.
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        try FileCall.goOn()
        guard futimens(file.descriptor, [now, now]) == 0, fsync(file.descriptor) == 0 else {
            throw FileErrors.current(key)
        }
        let (target, name) = try makeFolders()
        try FileCall.takeEffect()
        if replacing {
            guard renameat(folder.descriptor, id + Self.ending, target.descriptor, name) == 0 else {
                throw unclear(FileErrors.current(key))
            }
        } else {
            guard linkat(folder.descriptor, id + Self.ending, target.descriptor, name, 0) == 0 else {
                guard errno == EEXIST else { throw unclear(FileErrors.current(key)) }
                throw ObjectStoreError(.preconditionFailed, "the object is there already", key: key)
            }
        }
        do { try target.sync(key: key) } catch let error as ObjectStoreError {
            throw ObjectStoreError(.unclear, "the object may be gone after a power loss: \(error.message)", key: key)
        }
        guard let info = try file.info(key: key) else { throw ObjectStoreError(.other, "the file is gone", key: key) }
        remove()
        return info
    }

    /// A file system that breaks down over a change may have made it.
    private func unclear(_ error: ObjectStoreError) -> ObjectStoreError {
        error.code == .unreachable ? ObjectStoreError(.unclear, error.message, key: key) : error
    }

    func remove() {
        for ending in [Self.ending, Self.keyEnding] { unlinkat(folder.descriptor, id + ending, 0) }
    }

    private func makeFolders() throws -> (Folder, String) {
        var segments = key.split(separator: "/").map(String.init)
        let name = segments.removeLast()
        return (try segments.reduce(root) { try $0.makeChild($1, key: key) }, name)
    }
}

/// One writer at a time across processes, for the moment between looking and replacing.
enum FolderLock {
    static func hold<T>(_ root: String, _ body: () throws -> T) throws -> T {
        let folder = try Folder.root(root).makeChild(ScratchFile.folder, key: "")
        let file = try FileHandleOwner.open("lock", O_RDWR | O_CREAT | O_NOFOLLOW, in: folder, key: "")
        try FileCall.goOn()
        while flock(file.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileErrors.current("") }
        }
        return try body()
    }
}
