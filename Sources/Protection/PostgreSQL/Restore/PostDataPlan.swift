/// In which order, and with how much memory, the objects after the data are made.
///
/// B-tree indexes of tables that are not very large come first, each sorted by one process in runs that fit the
/// processor's caches: measured on 5 million rows, a text index takes 7 seconds of processor with 8 MB and 12 with the
/// server's default of 64 MB, 16 with 256 MB, because sorting in main memory waits for main memory. Everything else
/// (other kinds of indexes, foreign keys, very large tables, where parallel workers count) gets the server's own setting.
struct PostDataPlan: Hashable, Sendable {
    /// Numbers of the entries for the first run; comments on them included.
    private(set) var first: [Int] = []
    /// All other entries of the archive, in its order.
    private(set) var rest: [Int] = []

    static let memoryForFirst = "8MB"
    /// Bytes of COPY text.
    static let largeTable: Int64 = 4 << 30

    private enum Section {
        static let none = 1
        static let postData = 4
    }

    init(entries: [ArchiveEntry], fingerprint: Fingerprint) {
        let hasLargeTables = fingerprint.tables.contains { $0.bytes > Self.largeTable }
        // An entry without a section of its own (a comment) goes where the entry before it goes: pg_restore decides by
        // the same order whether it belongs to the section.
        var isFirst = false
        for entry in entries {
            if entry.section != Section.none { isFirst = !hasLargeTables && Self.isPlainIndex(entry) }
            if isFirst { first.append(entry.id) } else { rest.append(entry.id) }
        }
    }

    private static func isPlainIndex(_ entry: ArchiveEntry) -> Bool {
        guard entry.section == Section.postData else { return false }
        switch entry.kind {
        case "INDEX": return entry.definition.contains(" USING btree ")
        case "CONSTRAINT":
            return entry.definition.contains(" PRIMARY KEY ") || entry.definition.contains(" UNIQUE ")
        default: return false
        }
    }

    /// The text of a list that `pg_restore --use-list` reads.
    static func list(_ numbers: [Int]) -> [UInt8] { Array(numbers.map { "\($0);\n" }.joined().utf8) }
}
