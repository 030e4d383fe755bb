import Foundation
import GRDB
import KubernetesModel

extension StoredRecord {
    private static let columns = "revision, grp, resource, namespace, name, body"

    /// - Parameter isParsed: whether the tree will surely be looked at.
    init(row: Row, isParsed: Bool = true) throws {
        let data: Data = row["body"]
        let bytes = [UInt8](data)
        // Not `: nil` at once: a nil literal may also be JSON's null.
        let tree: JSON? = if isParsed { .some(try JSONText.parse(bytes)) } else { .none }
        self.init(
            key: StorageKey(
                collection: Collection(group: row["grp"], resource: row["resource"]), namespace: row["namespace"],
                name: row["name"]),
            revision: row["revision"], bytes: bytes, tree: tree)
    }

    static func fetch(
        _ db: Database, where clause: String, _ arguments: StatementArguments, isParsed: Bool = true
    ) throws -> [StoredRecord] {
        try Row.fetchCursor(db, sql: "SELECT \(columns) FROM record WHERE \(clause)", arguments: arguments)
            .reduce(into: []) { $0.append(try StoredRecord(row: $1, isParsed: isParsed)) }
    }

    static func current(_ db: Database, _ key: StorageKey) throws -> StoredRecord? {
        try fetch(
            db, where: "replaced IS NULL AND deleted = 0 AND grp = ? AND resource = ? AND namespace = ? AND name = ?",
            [key.collection.group, key.collection.resource, key.namespace, key.name]
        ).first
    }

    /// A collection's records in the order of namespace and name.
    /// - Parameters:
    ///   - revision: nil for the newest state.
    ///   - after: the namespace and name of the last record of the page before.
    static func list(
        _ db: Database, _ collection: Collection, namespace: String?, at revision: Int64?,
        after: (namespace: String, name: String)?, limit: Int?, isParsed: Bool = true
    ) throws -> [StoredRecord] {
        let (clause, arguments) = selection(collection, namespace: namespace, at: revision, after: after)
        let end = limit.map { " LIMIT \($0)" } ?? ""
        return try fetch(db, where: "\(clause) ORDER BY namespace, name\(end)", arguments, isParsed: isParsed)
    }

    static func count(
        _ db: Database, _ collection: Collection, namespace: String?, at revision: Int64?,
        after: (namespace: String, name: String)?
    ) throws -> Int {
        let (clause, arguments) = selection(collection, namespace: namespace, at: revision, after: after)
        return try Int.fetchOne(db, sql: "SELECT count(*) FROM record WHERE \(clause)", arguments: arguments) ?? 0
    }

    private static func selection(
        _ collection: Collection, namespace: String?, at revision: Int64?, after: (namespace: String, name: String)?
    ) -> (String, StatementArguments) {
        var clause = "grp = ? AND resource = ? AND deleted = 0"
        var arguments: StatementArguments = [collection.group, collection.resource]
        if let revision {
            clause += " AND revision <= ? AND (replaced IS NULL OR replaced > ?)"
            arguments += [revision, revision]
        } else {
            clause += " AND replaced IS NULL"
        }
        if let namespace {
            clause += " AND namespace = ?"
            arguments += [namespace]
        }
        if let after {
            clause += " AND (namespace, name) > (?, ?)"
            arguments += [after.namespace, after.name]
        }
        return (clause, arguments)
    }

    static func dependents(_ db: Database, of uid: String) throws -> [StoredRecord] {
        try fetch(
            db,
            where: """
                replaced IS NULL AND deleted = 0 AND (grp, resource, namespace, name) IN
                (SELECT grp, resource, namespace, name FROM owner WHERE uid = ?) ORDER BY revision
                """, [uid])
    }
}
