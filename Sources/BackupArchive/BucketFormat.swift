import Foundation
public import ObjectStore

/// The version of the layout that a store has, in `format.json` at its root: written once, by whoever writes first.
public enum BucketFormat {
    /// What this release reads and writes.
    public static let current = 1

    struct Document: Codable {
        var format: Int
        /// For people who find the folder.
        var about: String?
    }

    /// A store without the file is new, or one of which only a part was copied: neither is an error for a reader.
    /// - Returns: whether the file is there.
    /// - Throws: ``ArchiveError`` with `.unknownFormat` when a newer release made the store, `.corrupt` when the file says
    ///   nothing.
    @discardableResult
    public static func check(_ store: any ObjectStore) async throws -> Bool {
        let bytes: [UInt8]
        do {
            bytes = try await store.get(BucketLayout.format, range: nil, ifMatch: nil)
        } catch let error as ObjectStoreError where error.code == .notFound {
            return false
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
            throw ArchiveError(
                .corrupt, key: BucketLayout.format,
                "it does not say the version of the store's layout: restore it, or give the BackupStore another prefix")
        }
        guard document.format <= current else {
            throw ArchiveError(
                .unknownFormat, key: BucketLayout.format,
                "the store has layout \(document.format), and this dr knows \(current): use a newer dr, or another prefix"
            )
        }
        return true
    }

    /// As ``check(_:)``, and writes the file where there is none. Of several first writers one does it.
    public static func establish(_ store: any ObjectStore) async throws {
        if try await check(store) { return }
        let document = Document(
            format: current,
            about:
                "Backups by dr, the disaster-recovery operator. data/ holds stock formats: age -d, zstd -d, pg_restore."
        )
        do {
            _ = try await store.put(BucketLayout.format, [UInt8](try JSONEncoder.archive.encode(document)), .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            try await check(store)
        }
    }
}
