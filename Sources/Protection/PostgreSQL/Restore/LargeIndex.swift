import Foundation
import PostgreSQLClient

/// An index, or a key, of a table that has most of a database's rows: made over a connection of its own rather than by
/// `pg_restore`, which can neither order index builds nor keep a key from locking its table.
///
/// A key is made as what it is: a unique index, which does not lock its table against readers or against the builds of
/// other indexes, and at the end the constraint that takes the index over, which reads nothing.
struct LargeIndex: Hashable, Sendable {
    /// The entry's number in the archive.
    var entry: Int
    var schema: String
    var table: String
    /// Empty for the database's own.
    var tablespace: String
    /// `CREATE INDEX …`
    var statement: String
    /// Makes the index a key's. nil: it is no key's.
    var constraint: String?
    /// The columns, or nil for each that is an expression.
    var columns: [String?]

    /// How long a build takes beside others of the same table. Text is compared by its collation's rules, which takes a
    /// few times as long as comparing numbers; an expression may be anything.
    func cost(text columnsOfText: Set<String>) -> Int {
        columns.reduce(2) { $0 + ($1.map { columnsOfText.contains($0) } ?? true ? 4 : 1) }
    }
}

extension LargeIndex {
    /// nil: the entry is no B-tree index or key on columns of one table in the one form that `pg_dump` writes when there
    /// is nothing special about it (no partitions, no second statement): it is left to `pg_restore`.
    init?(_ entry: ArchiveEntry) {
        switch entry.kind {
        case "INDEX": self.init(index: entry)
        case "CONSTRAINT": self.init(key: entry)
        default: return nil
        }
    }

    /// `CREATE UNIQUE INDEX name ON schema.table USING btree (a, lower(b) DESC) WHERE c;`
    private init?(index entry: ArchiveEntry) {
        var rest = Substring(entry.definition.trimmingCharacters(in: .whitespacesAndNewlines))
        // One statement: pg_dump begins each on a line of its own.
        guard !rest.contains("\n"), rest.last == ";" else { return nil }
        let statement = String(rest.dropLast())
        guard SQLText.take("CREATE UNIQUE INDEX ", &rest) || SQLText.take("CREATE INDEX ", &rest),
            SQLText.identifier(&rest) != nil, SQLText.take(" ON ", &rest), let relation = SQLText.relation(&rest),
            SQLText.take(" USING btree (", &rest)
        else { return nil }
        self.init(
            entry: entry.id, schema: relation.schema, table: relation.name, tablespace: entry.tablespace,
            statement: statement, columns: Self.columns(rest))
    }

    /// `ALTER TABLE ONLY schema.table ADD CONSTRAINT name PRIMARY KEY (a, b);`
    private init?(key entry: ArchiveEntry) {
        var rest = Substring(entry.definition.trimmingCharacters(in: .whitespacesAndNewlines))
        guard SQLText.take("ALTER TABLE ONLY ", &rest), let relation = SQLText.relation(&rest),
            SQLText.take("\n    ADD CONSTRAINT ", &rest),
            let name = SQLText.identifier(&rest)
        else { return nil }
        let kind: String
        if SQLText.take(" PRIMARY KEY (", &rest) {
            kind = "PRIMARY KEY"
        } else if SQLText.take(" UNIQUE (", &rest) {
            kind = "UNIQUE"
        } else {
            return nil
        }
        var columns: [String] = []
        repeat {
            guard let column = SQLText.identifier(&rest) else { return nil }
            columns.append(column)
        } while SQLText.take(", ", &rest)
        guard rest == ");" else { return nil }
        let index = PostgresIdentifier.quote(name)
        let table = PostgresIdentifier.quote(relation.schema, relation.name)
        let list = columns.map(PostgresIdentifier.quote).joined(separator: ", ")
        self.init(
            entry: entry.id, schema: relation.schema, table: relation.name, tablespace: entry.tablespace,
            statement: "CREATE UNIQUE INDEX \(index) ON \(table) USING btree (\(list))",
            constraint: "ALTER TABLE ONLY \(table) ADD CONSTRAINT \(index) \(kind) USING INDEX \(index)",
            columns: columns)
    }

    /// Of what follows the opening parenthesis. Anything but columns, their order and the end of the list is one
    /// expression: this only estimates the work.
    private static func columns(_ text: Substring) -> [String?] {
        var rest = text
        var columns: [String?] = []
        while let column = SQLText.identifier(&rest) {
            if !SQLText.take(" DESC", &rest) { _ = SQLText.take(" ASC", &rest) }
            columns.append(column)
            if SQLText.take(", ", &rest) { continue }
            if rest.first == ")" { return columns }
            columns.removeLast()
            break
        }
        return columns + [nil]
    }
}
