import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

enum FileErrors {
    static func current(_ key: String) -> ObjectStoreError {
        let code = errno
        let text = String(cString: strerror(code))
        return switch code {
        case ENOENT: ObjectStoreError(.notFound, "there is no such object in the store", key: key)
        case EACCES, EPERM, EROFS:
            ObjectStoreError(.accessDenied, "\(text): let the operator's user write the folder", key: key)
        case ENOSPC, EDQUOT, EFBIG: ObjectStoreError(.full, "the store's disk is full: free some room", key: key)
        case ELOOP: ObjectStoreError(.badKey, "is a symbolic link, which is not followed", key: key)
        default: ObjectStoreError(.other, text, key: key)
        }
    }

    static func makeFolders(_ path: String, key: String) throws {
        if mkdir(path, 0o700) == 0 {
            try syncFolder(of: path)
            return
        }
        switch errno {
        case EEXIST: return
        case ENOENT:
            try makeFolders((path as NSString).deletingLastPathComponent, key: key)
            try makeFolders(path, key: key)
        default: throw current(key)
        }
    }

    /// A new name is durable only when its folder is.
    static func syncFolder(of path: String) throws {
        let folder = try FileHandleOwner.open(
            (path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY, key: path)
        guard fsync(folder.descriptor) == 0 else { throw current(path) }
    }
}
