import Dispatch
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder. What is acknowledged has been synced, files and folders.
public final class FilesystemStore: ObjectStore {
    private let root: String
    private let queue = DispatchQueue(label: "filesystem-store", attributes: .concurrent)

    /// Unfinished files. Its name starts with a dot, as no key's segment may.
    static let scratch = ".unfinished"

    public init(root: String) { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

    private func path(_ key: String) throws -> String {
        try ObjectPath.check(key)
        return "\(root)/\(key)"
    }

    func offPool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    public func head(_ key: String) async throws -> ObjectInfo? {
        let path = try path(key)
        return try await offPool { try Self.info(path, key) }
    }

    public func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        let path = try path(key)
        return try await offPool {
            let file = try FileHandleOwner.open(path, O_RDONLY | O_NOFOLLOW, key: key)
            let info = try Self.info(descriptor: file.descriptor, key)
            if let etag, etag != info.etag { throw ObjectStoreError(.corrupt, "the object changed while it was read", key: key) }
            let wanted = range ?? 0..<info.size
            guard wanted.count <= ObjectLimits.small else {
                throw ObjectStoreError(.other, "is too large to be read in one piece", key: key)
            }
            return try file.read(wanted, key: key)
        }
    }

    public func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        let path = try path(key)
        let root = self.root
        return try await offPool {
            let temporary = try ScratchFile(root: root, key: key)
            try temporary.write(bytes)
            switch condition {
            case .none: try temporary.commit(to: path, replacing: true)
            case .ifAbsent: try temporary.commit(to: path, replacing: false)
            case .ifMatch(let etag):
                try FolderLock.hold(root) {
                    guard try Self.info(path, key)?.etag == etag else {
                        throw ObjectStoreError(.preconditionFailed, "the object has changed", key: key)
                    }
                    try temporary.commit(to: path, replacing: true)
                }
            }
            guard let info = try Self.info(path, key) else { throw ObjectStoreError(.other, "the file is gone", key: key) }
            return info
        }
    }

    public func beginUpload(_ key: String) async throws -> any ObjectUpload {
        let path = try path(key)
        let root = self.root
        return FilesystemUpload(file: try await offPool { try ScratchFile(root: root, key: key) }, path: path, key: key, store: self)
    }

    public func delete(_ key: String) async throws {
        let path = try path(key)
        try await offPool {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileErrors.current(key) }
            try FileErrors.syncFolder(of: path)
        }
    }

    public func list(_ prefix: String) async throws -> [ObjectInfo] {
        let root = self.root
        return try await offPool {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
                throw ObjectStoreError(.noSuchBucket, "there is no folder \(root): create it, or correct spec.filesystem.path")
            }
            guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
            var result: [ObjectInfo] = []
            while let key = walk.nextObject() as? String {
                if key.hasPrefix(".") {
                    walk.skipDescendants()
                    continue
                }
                guard key.hasPrefix(prefix), let info = try Self.info("\(root)/\(key)", key) else { continue }
                result.append(info)
            }
            return result.sorted { $0.key < $1.key }
        }
    }

    public func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] {
        let root = self.root
        return try await offPool {
            let folder = "\(root)/\(Self.scratch)"
            return try (try? FileManager.default.contentsOfDirectory(atPath: folder))?.compactMap { name in
                guard let info = try Self.info("\(folder)/\(name)", name) else { return nil }
                return AbandonedUpload(key: name, id: name, begun: info.modified)
            }.sorted { $0.begun < $1.begun } ?? []
        }
    }

    public func abort(_ upload: AbandonedUpload) async throws {
        try ObjectPath.check(upload.id)
        let path = "\(root)/\(Self.scratch)/\(upload.id)"
        try await offPool {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileErrors.current(upload.key) }
        }
    }

    // MARK: Facts about files

    static func info(_ path: String, _ key: String) throws -> ObjectInfo? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileErrors.current(key)
        }
        return status.st_mode & S_IFMT == S_IFREG ? info(status, key) : nil
    }

    static func info(descriptor: Int32, _ key: String) throws -> ObjectInfo {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileErrors.current(key) }
        return info(status, key)
    }

    /// A file is replaced, never changed: the inode and the time tell one from another.
    private static func info(_ status: stat, _ key: String) -> ObjectInfo {
        let time = status.st_mtim
        return ObjectInfo(
            key: key, size: Int64(status.st_size), etag: "\(status.st_ino)-\(time.tv_sec)-\(time.tv_nsec)-\(status.st_size)",
            modified: Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9))
    }
}
