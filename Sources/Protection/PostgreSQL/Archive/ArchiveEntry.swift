/// An entry of the table of contents: `ReadToc` in PostgreSQL's `pg_backup_archiver.c`.
struct ArchiveEntry: Hashable, Sendable {
    var id = 0
    /// The archive holds a block of data for it.
    var hasData = false
    var tag = ""
    /// The kind: `TABLE DATA`, `SEQUENCE SET`, `BLOBS`, …
    var kind = ""
    var section = 0
    var definition = ""
    var copyStatement = ""
    var schema = ""
    var owner = ""
    /// Where it lay; empty for the database's own.
    var tablespace = ""
    /// Numbers of the entries that must be there before it; some may not be in the archive.
    var dependencies: [Int] = []

    var isTableData: Bool { kind == "TABLE DATA" }
    var isLargeObjects: Bool { kind == "BLOBS" }
    /// Rows in COPY text, which is what everything made by `pg_dump` without `--inserts` has.
    var isCopy: Bool { isTableData && hasData && copyStatement.hasPrefix("COPY ") }
}

extension ArchiveEntry {
    init(_ cursor: inout ArchiveCursor, header: ArchiveHeader) throws {
        id = try cursor.integer()
        guard id > 0 else { throw cursor.malformed("an entry has the number \(id)") }
        hasData = try cursor.integer() != 0
        // The catalogue's table and row number.
        _ = try cursor.string()
        _ = try cursor.string()
        tag = try cursor.string() ?? ""
        kind = try cursor.string() ?? ""
        section = try cursor.integer()
        definition = try cursor.string() ?? ""
        _ = try cursor.string()
        copyStatement = try cursor.string() ?? ""
        schema = try cursor.string() ?? ""
        tablespace = try cursor.string() ?? ""
        // From 1.14 the table access method, and from 1.16 the kind of relation.
        if header.version >= 114 { _ = try cursor.string() }
        if header.version >= 116 { _ = try cursor.integer() }
        owner = try cursor.string() ?? ""
        // "with OIDs" of old servers.
        _ = try cursor.string()
        while let number = try cursor.string() { if let number = Int(number) { dependencies.append(number) } }
        // Where the data begins: unknown to a pg_dump that writes to a pipe.
        _ = try cursor.bytes(1 + header.offsetSize)
    }
}
