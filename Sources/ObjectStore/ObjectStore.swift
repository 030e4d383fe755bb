public import Foundation

/// A place that keeps objects by key: a bucket, or a folder. What is acknowledged is durable.
///
/// Keys are paths of segments joined by `/`; ``ObjectPath`` makes them from names.
public protocol ObjectStore: Sendable {
    /// Looks for the bucket or folder itself: some servers make a bucket on the first write to a mistyped name.
    /// - Throws: ``ObjectStoreError`` with `.noSuchBucket`.
    func requireContainer() async throws

    /// Nil when there is no such object.
    func head(_ key: String) async throws -> ObjectInfo?

    /// The bytes of a range, or the whole of an object of at most `ObjectLimits.small` bytes.
    func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8]

    /// Writes a small object at once.
    /// - Throws: ``ObjectStoreError`` with `.preconditionFailed` when the condition does not hold; nothing is written then.
    func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo

    /// Begins a large object, whose size nobody knows yet. Nothing is visible before it is finished.
    func beginUpload(_ key: String) async throws -> any ObjectUpload

    /// All objects below a prefix, in the order of their keys.
    func list(_ prefix: String) async throws -> [ObjectInfo]

    /// No error when there is none.
    func delete(_ key: String) async throws

    /// Uploads that were begun below the prefix and neither finished nor aborted, oldest first.
    func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload]
    func abort(_ upload: AbandonedUpload) async throws

    /// Whether an object that is locked against deletion really stays; found out by locking one for seconds. Nil where
    /// nothing of the kind is switched on.
    func objectLock() async throws -> Bool?

    /// Until when the store keeps an object whoever deletes it; nil when it is not locked, or not there. An object under a
    /// legal hold is locked for ever.
    func lockedUntil(_ key: String) async throws -> Date?

    /// Locks an object that is there already for as long as one that is stored now. Does nothing where new objects are not
    /// locked, and never shortens a lock.
    func renewLock(_ key: String) async throws

    /// Deletes an object with all of its versions where locking keeps versions, so that its bytes are gone.
    /// - Throws: ``ObjectStoreError`` with `.accessDenied` when a version is locked.
    func erase(_ key: String) async throws
}

extension ObjectStore {
    public func requireContainer() async throws {}
    public func objectLock() async throws -> Bool? { nil }
    public func lockedUntil(_ key: String) async throws -> Date? { nil }
    public func renewLock(_ key: String) async throws {}
    public func erase(_ key: String) async throws { try await delete(key) }
}

/// An upload in parts. Parts may be given by several tasks at once; the numbers order them. A call may wait until the parts
/// before its own have come.
public protocol ObjectUpload: Sendable {
    /// - Parameter number: from 1.
    func write(part number: Int, _ bytes: [UInt8]) async throws
    /// Returns when every byte is acknowledged and the object is there.
    func finish() async throws -> ObjectInfo
    func abort() async
}

public enum ObjectLimits {
    /// What may be read or written in one piece.
    public static let small: Int64 = 64 << 20
}

public enum PutCondition: Sendable, Hashable {
    case none
    /// Only if there is no such object: one of two writers wins, and both know which.
    case ifAbsent
    /// Only if the object is still the one with this tag.
    case ifMatch(String)
}

public struct ObjectInfo: Sendable, Hashable {
    public var key: String
    public var size: Int64
    /// Changes with every write. Opaque.
    public var etag: String
    public var modified: Date

    public init(key: String, size: Int64, etag: String, modified: Date) {
        self.key = key
        self.size = size
        self.etag = etag
        self.modified = modified
    }
}

public struct AbandonedUpload: Sendable, Hashable {
    public var key: String
    public var id: String
    public var begun: Date
}
