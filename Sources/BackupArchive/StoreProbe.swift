import Cryptography
import Foundation
public import ObjectStore

/// What a store really does, found out by doing it.
public struct StoreProbe: Sendable, Hashable {
    public var conditionalWrites: Bool

    /// Writes, reads and deletes below `probe/`, and creates one key twice.
    /// - Throws: the first ``ObjectStoreError``.
    public static func run(_ store: any ObjectStore) async throws -> StoreProbe {
        let key = ObjectPath.join("probe", try SecureRandom.hexString(byteCount: 8))
        let bytes = Array("dr \(key)".utf8)
        _ = try await store.put(key, bytes, .ifAbsent)
        guard try await store.get(key, range: nil, ifMatch: nil) == bytes else {
            throw ObjectStoreError(.corrupt, "the store gave other bytes than it was given", key: key)
        }
        var conditional = false
        do {
            _ = try await store.put(key, bytes + [0], .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            conditional = true
        }
        try await store.delete(key)
        guard try await store.head(key) == nil else {
            throw ObjectStoreError(.other, "a deleted object is still there", key: key)
        }
        return StoreProbe(conditionalWrites: conditional)
    }
}
