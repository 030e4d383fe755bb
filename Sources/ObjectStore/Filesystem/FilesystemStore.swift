import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder. What is acknowledged has been synced, files and folders.
///
/// A folder whose file system hangs is told as `.unreachable` or `.unclear` after ``patience``, and at once while it hangs.
///
/// Several processes may use one folder. Objects are files of mode 0600 under their keys; what is unfinished lies in
/// `.unfinished`. Links inside the folder are neither followed nor listed. A segment of a key has at most 255 bytes.
public final class FilesystemStore: ObjectStore {
    let root: String
    /// Keeps the threads of all stores on this folder together.
    private let lane: FileLane
    private let patience: Duration

    /// How long a call may give no sign of life. A failing disk tries for half a minute before it says so.
    public static let patience = Duration.seconds(30)

    /// - Parameter patience: how long a call may give no sign of life before it is told as lost.
    public init(root: String, patience: Duration = FilesystemStore.patience) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        lane = FileLane.of(self.root)
        self.patience = patience
    }

    /// The system calls that `body` makes may hang: they never run on the cooperative pool.
    /// - Parameter isLong: it waits for many bytes to reach the disk.
    func call<T: Sendable>(isLong: Bool = false, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await lane.run(isLong ? patience * 20 : patience, body)
    }

    /// As ``call(isLong:_:)``, cancelled or not, and done later where it cannot be done now.
    func clean(_ body: @escaping @Sendable () -> Void) async { await lane.clean(patience, body) }

    /// As ``clean(_:)``, for one who cannot wait.
    func leave(_ body: @escaping @Sendable () -> Void) { lane.leave(patience, body) }

    /// The folder that holds a key, nil when it is not there, and the key's last segment.
    private static func locate(_ key: String, in root: String) throws -> (folder: Folder?, name: String) {
        var segments = key.split(separator: "/").map(String.init)
        let name = segments.removeLast()
        var folder: Folder? = try Folder.root(root)
        for segment in segments { folder = try folder?.child(segment, key: key) }
        return (folder, name)
    }

    private static func info(_ key: String, in root: String) throws -> ObjectInfo? {
        let (folder, name) = try locate(key, in: root)
        return try folder?.info(name, key: key)
    }

    public func head(_ key: String) async throws -> ObjectInfo? {
        try ObjectPath.check(key)
        return try await call { [root] in try Self.info(key, in: root) }
    }

    public func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        try ObjectPath.check(key)
        return try await call { [root] in
            let (folder, name) = try Self.locate(key, in: root)
            guard let folder, let file = try Self.open(name, in: folder, key), let info = try file.info(key: key) else {
                throw ObjectStoreError(.notFound, "there is no such object in the store", key: key)
            }
            if let etag, etag != info.etag {
                throw ObjectStoreError(.corrupt, "the object changed while it was read", key: key)
            }
            let wanted = range ?? 0..<info.size
            guard wanted.count <= ObjectLimits.small else {
                throw ObjectStoreError(.unsupported, "has \(wanted.count) bytes, too many for one piece", key: key)
            }
            return try file.read(wanted, key: key)
        }
    }

    private static func open(_ name: String, in folder: Folder, _ key: String) throws -> FileHandleOwner? {
        try FileHandleOwner.open(name, O_RDONLY | O_NOFOLLOW, in: folder, key: key)
    }

    public func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        try ObjectPath.check(key)
        return try await call { [root] in
            let file = try ScratchFile(root: root, key: key)
            try file.write(bytes)
            switch condition {
            case .none: return try file.commit(replacing: true)
            case .ifAbsent: return try file.commit(replacing: false)
            case .ifMatch(let etag):
                return try FolderLock.hold(root) {
                    guard try Self.info(key, in: root)?.etag == etag else {
                        throw ObjectStoreError(.preconditionFailed, "the object has changed", key: key)
                    }
                    return try file.commit(replacing: true)
                }
            }
        }
    }

    public func beginUpload(_ key: String) async throws -> any ObjectUpload {
        try ObjectPath.check(key)
        let file = try await call { [root] in ScratchSlot(try ScratchFile(root: root, key: key, isNamed: true)) }
        return FilesystemUpload(file: file, key: key, store: self)
    }

    public func delete(_ key: String) async throws {
        try ObjectPath.check(key)
        try await call { [root] in
            let (folder, name) = try Self.locate(key, in: root)
            guard let folder, try folder.info(name, key: key) != nil else { return }
            try folder.remove(name, key: key)
            try folder.sync(key: key)
        }
    }
}
