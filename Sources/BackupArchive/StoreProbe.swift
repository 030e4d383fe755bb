import Cryptography
import Foundation
public import ObjectStore

/// What a store really does, found out by doing it.
public struct StoreProbe: Sendable, Hashable {
    /// Of several creators of one key one wins and the others know it, and a replacement needs the tag of what is there.
    public var conditionalWrites: Bool
    /// Whether a locked object cannot be deleted; nil where nothing of the kind exists.
    public var objectLock: Bool?

    public init(conditionalWrites: Bool, objectLock: Bool? = nil) {
        self.conditionalWrites = conditionalWrites
        self.objectLock = objectLock
    }

    /// How many create one key at once.
    static let creators = 6

    /// Writes the layout's version if it is not there, then writes, reads, lists and deletes below `probe/`.
    /// - Throws: the first ``ObjectStoreError``; ``ArchiveError`` when a newer release made the store.
    public static func run(_ store: any ObjectStore) async throws -> StoreProbe {
        try await store.requireContainer()
        try await BucketFormat.establish(store)
        let folder = ObjectPath.join("probe", try SecureRandom.hexString(byteCount: 8))
        do {
            try await basics(store, "\(folder)/object")
            let conditional =
                try await unlessUnsupported { try await conditions(store, "\(folder)/condition") } ?? false
            try await clean(store, folder)
            return StoreProbe(conditionalWrites: conditional, objectLock: try await store.objectLock())
        } catch {
            try? await clean(store, folder)
            throw error
        }
    }

    private static func basics(_ store: any ObjectStore, _ key: String) async throws {
        let bytes = Array("dr \(key)".utf8)
        let info = try await store.put(key, bytes, .none)
        guard try await store.get(key, range: nil, ifMatch: nil) == bytes,
            try await store.get(key, range: 1..<3, ifMatch: info.etag) == Array(bytes[1..<3])
        else { throw ObjectStoreError(.corrupt, "the store gave other bytes than it was given", key: key) }
        guard try await store.list(key).map(\.key) == [key] else {
            throw ObjectStoreError(.corrupt, "the store does not list what it was given", key: key)
        }
        try await store.delete(key)
        guard try await store.head(key) == nil else {
            throw ObjectStoreError(.other, "a deleted object is still there", key: key)
        }
    }

    private static func conditions(_ store: any ObjectStore, _ key: String) async throws -> Bool {
        let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for number in 0..<UInt8(creators) {
                group.addTask { try await holds { _ = try await store.put(key, [number], .ifAbsent) } ? number : nil }
            }
            return try await group.reduce(into: [UInt8]()) { if let number = $1 { $0.append(number) } }
        }
        guard winners.count == 1, try await store.get(key, range: nil, ifMatch: nil) == winners,
            let first = try await store.head(key)
        else { return false }
        let replaces = try await holds { _ = try await store.put(key, [100, 1], .ifMatch(first.etag)) }
        let repeats = try await holds { _ = try await store.put(key, [100, 2], .ifMatch(first.etag)) }
        let creates = try await holds { _ = try await store.put(key, [100, 3], .ifAbsent) }
        let there = try await store.get(key, range: nil, ifMatch: nil)
        return replaces && !repeats && !creates && there == [100, 1]
    }

    private static func holds(_ write: () async throws -> Void) async throws -> Bool {
        do {
            try await write()
            return true
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            return false
        }
    }

    private static func unlessUnsupported<R>(_ body: () async throws -> R) async throws -> R? {
        do { return try await body() } catch let error as ObjectStoreError where error.code == .unsupported {
            return nil
        }
    }

    private static func clean(_ store: any ObjectStore, _ folder: String) async throws {
        for name in ["object", "condition"] { try await store.delete("\(folder)/\(name)") }
    }
}
