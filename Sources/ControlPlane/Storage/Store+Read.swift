import Foundation
import GRDB
import KubernetesModel

extension Store {
    func get(_ key: StorageKey) async throws -> StoredRecord? {
        try await pool.read { try StoredRecord.current($0, key) }
    }

    /// The newest revision that is committed.
    func revision() async throws -> Int64 {
        try await pool.read { try Self.counter($0, "revision") }
    }

    /// One page of a collection.
    /// - Parameters:
    ///   - at: the version to read; nil for the newest.
    ///   - countsRest: whether to count what is left after the page.
    /// - Throws: ``StorageError`` when the version is compacted or not there yet.
    func list(
        _ collection: Collection, namespace: String? = nil, at revision: Int64? = nil,
        after: (namespace: String, name: String)? = nil, limit: Int? = nil, countsRest: Bool = false
    ) async throws -> StoredPage {
        try await pool.read { db in
            let current = try Self.counter(db, "revision")
            if let revision {
                if revision > current { throw StorageError.future(requested: revision, current: current) }
                let oldest = try Self.counter(db, "compacted")
                if revision < oldest { throw StorageError.compacted(requested: revision, oldest: oldest) }
            }
            // The newest state is read through its own small index.
            let at = revision == current ? nil : revision
            var records = try StoredRecord.list(
                db, collection, namespace: namespace, at: at, after: after, limit: limit.map { $0 + 1 },
                isParsed: false)
            var page = StoredPage(records: [], revision: revision ?? current, hasMore: false)
            if let limit, records.count > limit {
                records.removeLast()
                page.hasMore = true
                if countsRest, let last = records.last?.key {
                    page.remaining = try StoredRecord.count(
                        db, collection, namespace: namespace, at: at, after: (last.namespace, last.name))
                }
            }
            page.records = records
            return page
        }
    }

    /// The changes after `revision` in the order they happened, at most `limit`.
    /// - Returns: the events, and the revision up to which they are complete.
    /// - Throws: ``StorageError/compacted(requested:oldest:)``.
    func events(after revision: Int64, in collection: Collection, limit: Int) async throws -> ([LogEvent], Int64) {
        try await pool.read { db in
            let oldest = try Self.counter(db, "compacted")
            if revision < oldest { throw StorageError.compacted(requested: revision, oldest: oldest) }
            let current = try Self.counter(db, "revision")
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT r.revision, r.grp, r.resource, r.namespace, r.name, r.deleted, r.body,
                           p.body AS previous
                    FROM record r LEFT JOIN record p ON p.replaced = r.revision AND p.deleted = 0
                    WHERE r.revision > ? AND r.grp = ? AND r.resource = ? ORDER BY r.revision LIMIT ?
                    """, arguments: [revision, collection.group, collection.resource, limit])
            let events = try rows.map { try LogEvent(row: $0) }
            return (events, events.count < limit ? current : events.last?.revision ?? current)
        }
    }

    /// The oldest revision from which the history is complete.
    func oldestRevision() async throws -> Int64 {
        try await pool.read { try Self.counter($0, "compacted") }
    }

    static func counter(_ db: Database, _ name: String) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = ?", arguments: [name]) ?? 0
    }
}

extension LogEvent {
    fileprivate init(row: Row) throws {
        let deleted: Bool = row["deleted"]
        let body: Data? = row["previous"]
        let previous = try body.map { try JSONText.parse([UInt8]($0)) }
        self.init(
            kind: deleted ? .deleted : previous == nil ? .added : .modified, record: try StoredRecord(row: row),
            previous: previous)
    }
}
