import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

enum FileErrors {
    /// What `errno` says about a key.
    static func current(_ key: String) -> ObjectStoreError {
        let code = errno
        defer { errno = code }
        let text = String(cString: strerror(code))
        return switch code {
        case ENOENT: ObjectStoreError(.notFound, "there is no such object in the store", key: key)
        case EACCES, EPERM, EROFS:
            ObjectStoreError(
                .accessDenied, "\(text): let the operator's user read and write the folder of spec.filesystem.path",
                key: key)
        case ENOSPC, EDQUOT, EFBIG:
            ObjectStoreError(.full, "the disk of spec.filesystem.path is full (\(text)): free some room", key: key)
        case ELOOP: ObjectStoreError(.badKey, "is a symbolic link, which is not followed", key: key)
        case ENAMETOOLONG:
            ObjectStoreError(.badKey, "has a segment of more than 255 bytes, which a folder cannot hold", key: key)
        // What a network file system answers whose server is gone, or has forgotten us.
        case EIO, ESTALE, ETIMEDOUT, ENOTCONN, ECONNABORTED, ECONNRESET, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH:
            ObjectStoreError(
                .unreachable, "\(text): look after the disk or the network file system of spec.filesystem.path",
                key: key)
        case EISDIR, ENOTDIR, EEXIST:
            ObjectStoreError(.badKey, "is the name of a folder, or lies below a file", key: key)
        default: ObjectStoreError(.other, text, key: key)
        }
    }
}
