/// What a statement gave back. Values are in PostgreSQL's text format.
public struct PostgresResult: Sendable, Hashable {
    public let columns: [String]
    public let rows: [PostgresRow]
    /// `SELECT 3`, `CREATE DATABASE`.
    public let commandTag: String
    /// Rows the statement read, wrote or copied, where its kind counts them.
    public let affectedRows: Int?

    public var first: PostgresRow? { rows.first }
}

public struct PostgresRow: Sendable, Hashable {
    let columns: [String]
    /// In the order of the columns; nil is NULL.
    public let values: [String?]

    public subscript(_ index: Int) -> String? { values.indices.contains(index) ? values[index] : nil }

    /// nil for NULL and for a column that the result does not have.
    public subscript(_ column: String) -> String? { columns.firstIndex(of: column).flatMap { values[$0] } }
}

/// A message of the server beside a result: `RAISE NOTICE`, warnings.
public struct PostgresNotice: Sendable, Hashable {
    public let severity: String
    public let sqlState: String
    public let message: String
}
