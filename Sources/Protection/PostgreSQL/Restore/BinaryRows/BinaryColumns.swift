import Foundation
import PostgreSQLClient

extension BinaryRowEncoder {
    /// What turns the rows of a COPY statement of `pg_dump` into binary. nil: a column's type is none that is known here,
    /// or the statement has another shape; such rows are loaded as text.
    init?(statement: String, on connection: PostgresConnection) async throws {
        guard let copy = CopyStatement(statement), !copy.columns.isEmpty, let binary = Self.statement(statement) else {
            return nil
        }
        // A domain is read as the type below it: the server checks its constraints either way.
        let result = try await connection.query(
            """
            WITH RECURSIVE base (name, type) AS (
              SELECT attname, atttypid FROM pg_catalog.pg_attribute
              WHERE attrelid = $1::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped
              UNION ALL
              SELECT base.name, t.typbasetype FROM base JOIN pg_catalog.pg_type t ON t.oid = base.type
              WHERE t.typtype = 'd')
            SELECT base.name, t.oid, t.typtype = 'e' AS enumeration
            FROM base JOIN pg_catalog.pg_type t ON t.oid = base.type WHERE t.typtype <> 'd'
            """, [PostgresIdentifier.quote(copy.schema, copy.table)])
        var kinds: [String: BinaryColumn] = [:]
        for row in result.rows {
            guard let name = row["name"], let type = row["oid"].flatMap({ UInt32($0) }) else { continue }
            kinds[name] = BinaryColumn(type: type, isEnumeration: row["enumeration"] == "t")
        }
        var columns: [BinaryColumn] = []
        for name in copy.columns {
            guard let kind = kinds[name] else { return nil }
            columns.append(kind)
        }
        self.init(columns: columns, statement: binary)
    }

    /// The statement that takes the rows in binary.
    private static func statement(_ text: String) -> String? {
        let end = " FROM stdin;"
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.hasSuffix(end) else { return nil }
        return trimmed.dropLast(end.count) + " FROM stdin WITH (FORMAT binary);"
    }
}
