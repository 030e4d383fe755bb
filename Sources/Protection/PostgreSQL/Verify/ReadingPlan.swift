import PostgreSQLClient

/// Which statements read the tables of a fingerprint. Large tables are read in parts, so that all connections have
/// work to the end.
struct ReadingPlan {
    struct Part: Sendable {
        var table: Int
        var statement: String
        var isCount: Bool

        func read(on connection: PostgresConnection) async throws -> TableSum {
            if isCount {
                let row = try await connection.query(statement).first
                return TableSum(rows: row?[0].flatMap { Int64($0) } ?? 0)
            }
            return try await connection.copyOut(statement, into: TableSum()) { found, row in
                found.rows += 1
                found.bytes += Int64(row.count)
                // The server ends every row with a newline, which is not part of it.
                found.sum.add(UnsafeRawBufferPointer(rebasing: row.dropLast()))
            }.state
        }
    }

    /// As expected, with nothing counted yet; tables that are not there are left out.
    private(set) var tables: [Fingerprint.Table] = []
    private(set) var parts: [Part] = []

    /// Pages of 8 KiB in a part of a table: 32 MiB.
    static let pagesInPart = 4096

    init(connection: PostgresConnection, expected: Fingerprint, isCounting: Bool) async throws {
        let relations = try await Relation.all(on: connection)
        let canScanRanges = await connection.serverVersion >= 140000
        var sized: [(pages: Int, part: Part)] = []
        for table in expected.tables {
            guard let relation = relations[Relation.Name(schema: table.schema, name: table.name)] else { continue }
            let index = tables.count
            var empty = table
            empty.rows = 0
            empty.bytes = 0
            empty.checksum = RowSum()
            tables.append(empty)
            let reading = TableReading(table: table, filter: table.isConfiguration ? relation.filter : nil)
            let ranges =
                canScanRanges && relation.isHeap && !table.includesPartitions && !table.isConfiguration
                ? Self.ranges(pages: relation.pages) : []
            if ranges.count < 2 {
                let part = Part(table: index, statement: reading.whole(isCounting), isCount: isCounting)
                sized.append((relation.pages, part))
                continue
            }
            for range in ranges {
                let part = Part(table: index, statement: reading.part(range, isCounting), isCount: isCounting)
                sized.append((Self.pagesInPart, part))
            }
        }
        // The largest first: a large one at the end would leave the other connections idle.
        parts = sized.sorted { $0.pages > $1.pages }.map(\.part)
    }

    /// The last range is open, for pages that come after the size was asked.
    static func ranges(pages: Int) -> [(from: Int, to: Int?)] {
        guard pages > 0 else { return [] }
        return stride(from: 0, to: pages, by: pagesInPart).map { start in
            (start, start + pagesInPart < pages ? start + pagesInPart : nil)
        }
    }
}

/// The statements that read one table.
struct TableReading {
    var table: Fingerprint.Table
    /// `WHERE …` of an extension's table, from its own catalogue entry.
    var filter: String?

    private var name: String { PostgresIdentifier.quote(table.schema, table.name) }
    private var columns: String { table.columns.map(PostgresIdentifier.quote).joined(separator: ", ") }

    func whole(_ isCount: Bool) -> String {
        let only = table.includesPartitions ? "" : "ONLY "
        if isCount { return "SELECT count(*) FROM \(only)\(name) \(filter ?? "")" }
        return "COPY (SELECT \(columns) FROM \(only)\(name) \(filter ?? "")) TO STDOUT"
    }

    func part(_ range: (from: Int, to: Int?), _ isCount: Bool) -> String {
        var condition = "ctid >= '(\(range.from),0)'::pg_catalog.tid"
        if let end = range.to { condition += " AND ctid < '(\(end),0)'::pg_catalog.tid" }
        if isCount { return "SELECT count(*) FROM ONLY \(name) WHERE \(condition)" }
        return "COPY (SELECT \(columns) FROM ONLY \(name) WHERE \(condition)) TO STDOUT"
    }
}

/// A table as the catalogue has it.
struct Relation: Sendable {
    struct Name: Hashable, Sendable {
        var schema: String
        var name: String
    }

    var pages: Int
    var isHeap: Bool
    var filter: String?

    static func all(on connection: PostgresConnection) async throws -> [Name: Relation] {
        let result = try await connection.query(
            """
            SELECT n.nspname, c.relname, c.relkind = 'r' AND coalesce(a.amname, '') = 'heap' AS heap,
              CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_relation_size(c.oid, 'main') / 8192 ELSE 0 END AS pages,
              (SELECT e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)]
                FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig) LIMIT 1) AS filter
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
            WHERE c.relkind IN ('r', 'p', 'f', 'm') AND n.nspname NOT LIKE 'pg\\_toast%'
            """)
        var relations: [Name: Relation] = [:]
        for row in result.rows {
            guard let schema = row["nspname"], let name = row["relname"] else { continue }
            relations[Name(schema: schema, name: name)] = Relation(
                pages: row["pages"].flatMap { Int($0) } ?? 0, isHeap: row["heap"] == "t",
                filter: row["filter"].flatMap { $0.isEmpty ? nil : $0 })
        }
        return relations
    }
}
