/// Makes the fingerprint of a database while its archive passes.
struct FingerprintBuilder: ArchiveVisitor, Sendable {
    private struct Name: Hashable {
        var schema: String
        var table: String
    }

    private(set) var header = ArchiveHeader()
    /// Objects in the archive by kind.
    private(set) var contents: [String: Int] = [:]
    /// Rows of all tables that are finished.
    private(set) var rows: Int64 = 0
    private var tables: [Name: Fingerprint.Table] = [:]
    private var sequences: [Fingerprint.Sequence] = []
    private var defined: Set<Name> = []
    private var objects = LargeObjectScanner()
    private var scanner = RowScanner()
    private var current: ArchiveEntry?
    /// Of `current`; asked for every row.
    private var isRows = false

    var fingerprint: Fingerprint {
        Fingerprint(tables: Array(tables.values), sequences: sequences, largeObjects: objects.result)
    }

    mutating func contents(_ header: ArchiveHeader, _ entries: [ArchiveEntry], prefix: [UInt8]) throws {
        guard !header.isCompressed else {
            throw ArchiveError(code: .malformed, message: "its data is compressed: no rows can be seen", offset: 0)
        }
        self.header = header
        for entry in entries {
            contents[entry.kind, default: 0] += 1
            if entry.kind == "TABLE" || entry.kind == "FOREIGN TABLE" {
                defined.insert(Name(schema: entry.schema, table: entry.tag))
            }
            if let sequence = Fingerprint.Sequence(entry) { sequences.append(sequence) }
        }
    }

    mutating func beginData(_ entry: ArchiveEntry) throws {
        current = entry
        isRows = entry.isTableData
        scanner = RowScanner()
    }

    @inline(__always)
    mutating func data(_ piece: UnsafeRawBufferPointer) throws {
        if isRows { scanner.add(piece) } else { objects.add(piece) }
    }

    mutating func beginLargeObject(_ oid: UInt32) throws { objects.begin(oid) }

    mutating func endLargeObject() throws { objects.end() }

    mutating func endData() throws {
        defer { current = nil }
        guard let entry = current, entry.isCopy else { return }
        guard scanner.isComplete else {
            throw ArchiveError(
                code: .malformed, message: "the rows of \(entry.schema).\(entry.tag) have no end marker", offset: 0)
        }
        guard let copy = CopyStatement(entry.copyStatement) else {
            throw ArchiveError(code: .malformed, message: "a COPY statement of another shape", offset: 0)
        }
        // Some partitions are loaded through their parent: their rows may then land in another partition.
        let name = Name(schema: copy.schema, table: copy.table)
        let isConfiguration = !defined.contains(Name(schema: entry.schema, table: entry.tag))
        var table =
            tables[name]
            ?? Fingerprint.Table(
                schema: copy.schema, name: copy.table, columns: copy.columns, isConfiguration: isConfiguration)
        table.includesPartitions = table.includesPartitions || copy.table != entry.tag || copy.schema != entry.schema
        table.rows += scanner.rows
        table.bytes += scanner.bytes
        table.checksum += scanner.sum
        tables[name] = table
        rows += scanner.rows
    }
}
