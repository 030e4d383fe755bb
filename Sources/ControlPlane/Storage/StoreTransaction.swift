import Foundation
import GRDB
import KubernetesModel

/// What a write sees and does. Confined to the writer's queue.
final class StoreTransaction {
    fileprivate let db: Database
    private(set) var revision: Int64
    private(set) var events: [LogEvent] = []
    private let now: Int64

    init(_ db: Database) throws {
        self.db = db
        revision = try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'revision'") ?? 1
        now = Int64(Date().timeIntervalSince1970)
    }

    /// The newest version of an object, nil when there is none.
    func get(_ key: StorageKey) throws -> StoredRecord? {
        try StoredRecord.current(db, key)
    }

    /// The newest versions of a collection, of one namespace or of all.
    func list(_ collection: Collection, namespace: String? = nil) throws -> [StoredRecord] {
        try StoredRecord.list(db, collection, namespace: namespace, at: nil, after: nil, limit: nil)
    }

    /// The objects of a collection that were last written before a time, in seconds since 1970.
    func list(_ collection: Collection, unchangedSince time: Int64) throws -> [StoredRecord] {
        try StoredRecord.fetch(
            db, where: "replaced IS NULL AND deleted = 0 AND grp = ? AND resource = ? AND time < ?",
            [collection.group, collection.resource, time])
    }

    /// Whether anything is left in a namespace, in any collection.
    func isEmpty(namespace: String) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT NOT EXISTS (SELECT 1 FROM record WHERE replaced IS NULL AND deleted = 0 AND namespace = ?)
                """, arguments: [namespace]) ?? true
    }

    /// The newest versions of everything in a namespace.
    func contents(namespace: String) throws -> [StoredRecord] {
        try StoredRecord.fetch(
            db, where: "replaced IS NULL AND deleted = 0 AND namespace = ? ORDER BY grp, resource, name", [namespace])
    }

    /// The objects that name `uid` as an owner.
    func dependents(of uid: String) throws -> [StoredRecord] {
        try StoredRecord.dependents(db, of: uid)
    }

    /// Whether an object with this uid exists.
    func exists(uid: String) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM record WHERE uid = ? AND replaced IS NULL AND deleted = 0)",
            arguments: [uid]) ?? false
    }

    func find(uid: String) throws -> StoredRecord? {
        try StoredRecord.fetch(db, where: "uid = ? AND replaced IS NULL AND deleted = 0", [uid]).first
    }

    /// Objects whose owners should be looked at: those that name one that does not exist.
    func orphaned() throws -> [StoredRecord] {
        try StoredRecord.fetch(
            db,
            where: """
                replaced IS NULL AND deleted = 0 AND (grp, resource, namespace, name) IN
                (SELECT o.grp, o.resource, o.namespace, o.name FROM owner o WHERE NOT EXISTS
                (SELECT 1 FROM record r WHERE r.uid = o.uid AND r.replaced IS NULL AND r.deleted = 0))
                """, [])
    }

    /// Writes a new version of an object, whether it existed or not.
    /// - Returns: the record, its object with the new `metadata.resourceVersion`.
    @discardableResult
    func put(_ key: StorageKey, _ object: JSON) throws -> StoredRecord {
        let previous = try get(key)
        return try append(key, object, kind: previous == nil ? .added : .modified, previous: previous?.object)
    }

    /// Removes an object, whose last state was `object`.
    @discardableResult
    func remove(_ key: StorageKey, _ object: JSON) throws -> StoredRecord {
        try append(key, object, kind: .deleted, previous: object)
    }

    private func append(_ key: StorageKey, _ object: JSON, kind: LogEvent.Kind, previous: JSON?) throws -> StoredRecord
    {
        revision += 1
        var object = object
        var metadata = object["metadata"] ?? .object([:])
        metadata["resourceVersion"] = .string(String(revision))
        object["metadata"] = metadata
        let bytes = JSONText.bytes(object)
        let arguments: StatementArguments = [key.collection.group, key.collection.resource, key.namespace, key.name]
        try db.execute(
            literal: """
                UPDATE record SET replaced = \(revision) WHERE replaced IS NULL AND grp = \(key.collection.group)
                AND resource = \(key.collection.resource) AND namespace = \(key.namespace) AND name = \(key.name)
                """)
        try db.execute(
            sql: """
                INSERT INTO record (revision, grp, resource, namespace, name, uid, replaced, deleted, time, body)
                VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)
                """,
            arguments: [
                revision, key.collection.group, key.collection.resource, key.namespace, key.name, object.uid,
                kind == .deleted, now, Data(bytes),
            ])
        try index(owners: kind == .deleted ? [] : object.ownerUIDs, old: previous?.ownerUIDs ?? [], arguments)
        let record = StoredRecord(key: key, revision: revision, bytes: bytes, tree: object)
        events.append(LogEvent(kind: kind, record: record, previous: previous))
        return record
    }

    private func index(owners: Set<String>, old: Set<String>, _ key: StatementArguments) throws {
        if owners == old { return }
        try db.execute(
            sql: "DELETE FROM owner WHERE grp = ? AND resource = ? AND namespace = ? AND name = ?", arguments: key)
        for uid in owners {
            try db.execute(
                sql: "INSERT INTO owner (uid, grp, resource, namespace, name) VALUES (?, ?, ?, ?, ?)",
                arguments: [uid] + key)
        }
    }

    /// A point to which ``rewind(to:)`` goes back when a write fails and its savepoint is undone.
    var mark: (revision: Int64, events: Int) { (revision, events.count) }

    func rewind(to mark: (revision: Int64, events: Int)) {
        revision = mark.revision
        events.removeSubrange(mark.events...)
    }

    func finish() throws {
        if events.isEmpty { return }
        try db.execute(sql: "UPDATE counter SET value = ? WHERE name = 'revision'", arguments: [revision])
    }
}

extension JSON {
    var uid: String { self[path: "metadata", "uid"]?.string ?? "" }

    /// The uids in `metadata.ownerReferences`.
    var ownerUIDs: Set<String> {
        Set((self[path: "metadata", "ownerReferences"]?.array ?? []).compactMap { $0["uid"]?.string })
    }
}

extension StoreTransaction {
    /// For the parts of the store that need SQL of their own.
    func withDatabase<Value>(_ body: (Database) throws -> Value) rethrows -> Value { try body(db) }
}
