import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open folder. Names are looked up one at a time and links are not followed, so that no key leaves the store; only
/// the store's own folder may be reached by a link, for its administrator named it.
struct Folder: Sendable {
    private let file: FileHandleOwner

    var descriptor: Int32 { file.descriptor }

    static func root(_ path: String) throws -> Folder {
        do { return Folder(file: try FileHandleOwner.open(path, O_RDONLY | O_DIRECTORY, key: "")) } catch {
            guard error.code == .notFound || errno == ENOTDIR else { throw error }
            throw ObjectStoreError(
                .noSuchBucket, "there is no folder \(path): create it, or correct spec.filesystem.path")
        }
    }

    /// Nil when there is no such folder.
    func child(_ name: String, key: String) throws -> Folder? {
        do {
            return Folder(file: try FileHandleOwner.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: self, key: key))
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP].contains(errno) else { throw error }
            return nil
        }
    }

    /// Makes the folder unless it is there. A new one is synced: a name is durable only when its folder is.
    func makeChild(_ name: String, key: String) throws -> Folder {
        try FileCall.goOn()
        if mkdirat(descriptor, name, 0o700) == 0 {
            try sync(key: key)
        } else if errno != EEXIST {
            throw FileErrors.current(key)
        }
        guard let folder = try child(name, key: key) else {
            throw ObjectStoreError(
                .badKey, "lies below something that is no folder, or a symbolic link, which is not followed", key: key)
        }
        return folder
    }

    func sync(key: String) throws {
        try FileCall.goOn()
        guard fsync(descriptor) == 0 else { throw FileErrors.current(key) }
    }

    /// Nil when the name is not there or is not a file's.
    func info(_ name: String, key: String) throws -> ObjectInfo? {
        try FileCall.goOn()
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw FileErrors.current(key)
        }
        return status.st_mode & S_IFMT == S_IFREG ? ObjectInfo(status, key: key) : nil
    }

    /// No error when there is none.
    func remove(_ name: String, key: String) throws {
        try FileCall.takeEffect()
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw FileErrors.current(key) }
    }

    func names(key: String) throws -> [String] {
        // The stream has a position, and closes its descriptor: so it gets one of its own.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0, let stream = fdopendir(own) else {
            let error = FileErrors.current(key)
            if own >= 0 { close(own) }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) {
                    String(validatingCString: $0)
                }
            }
            // A name that is not UTF-8 is no key's.
            if let name, name != ".", name != ".." { names.append(name) }
            try FileCall.goOn()
            errno = 0
        }
        guard errno == 0 else { throw FileErrors.current(key) }
        return names
    }
}

extension ObjectInfo {
    /// A file is replaced, never changed: the inode and the time tell one from another.
    init(_ status: stat, key: String) {
        let time = status.st_mtim
        self.init(
            key: key, size: Int64(status.st_size),
            etag: "\(status.st_ino)-\(time.tv_sec)-\(time.tv_nsec)-\(status.st_size)",
            modified: Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9))
    }
}
