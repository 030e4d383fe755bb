/// In which order, and with how much memory, the objects after the data are made.
///
/// Keys come first: adding one locks its table against readers, so they must not meet the proof, which reads all
/// tables. Then the B-tree indexes, beside the proof, each sorted by one process in runs that fit the processor's
/// caches: measured on 5 million rows, a text index takes 7 seconds of processor with 8 MB, 12 with the server's default
/// of 64 MB and 16 with 256 MB, because sorting in main memory waits for main memory. Where a table is very large,
/// parallel workers and fewer passes over temporary files count more, and the server's own setting holds. Everything
/// else (other kinds of indexes, foreign keys, triggers) is made last, with the server's own setting.
struct PostDataPlan: Hashable, Sendable {
    /// Numbers of primary keys and unique constraints, with the comments on them.
    private(set) var keys: [Int] = []
    /// Numbers of B-tree indexes, with the comments on them.
    private(set) var indexes: [Int] = []
    /// All other entries of the archive, in its order.
    private(set) var rest: [Int] = []
    /// For ``indexes``; nil for the server's own setting.
    let indexMemory: String?

    /// Bytes of COPY text.
    static let largeTable: Int64 = 4 << 30

    private enum Section {
        static let none = 1
        static let postData = 4
    }

    init(entries: [ArchiveEntry], fingerprint: Fingerprint) {
        let hasLargeTables = fingerprint.tables.contains { $0.bytes > Self.largeTable }
        indexMemory = hasLargeTables ? nil : "8MB"
        // An entry without a section of its own (a comment) goes where the entry before it goes: pg_restore decides by
        // the same order whether it belongs to the section.
        var turn = Turn.rest
        for entry in entries {
            if entry.section != Section.none { turn = Self.turn(of: entry) }
            switch turn {
            case .keys: keys.append(entry.id)
            case .indexes: indexes.append(entry.id)
            case .rest: rest.append(entry.id)
            }
        }
    }

    private enum Turn { case keys, indexes, rest }

    private static func turn(of entry: ArchiveEntry) -> Turn {
        guard entry.section == Section.postData else { return .rest }
        switch entry.kind {
        case "CONSTRAINT":
            let isKey = entry.definition.contains(" PRIMARY KEY ") || entry.definition.contains(" UNIQUE ")
            return isKey ? .keys : .rest
        case "INDEX": return entry.definition.contains(" USING btree ") ? .indexes : .rest
        default: return .rest
        }
    }

    /// The text of a list that `pg_restore --use-list` reads.
    static func list(_ numbers: [Int]) -> [UInt8] { Array(numbers.map { "\($0);\n" }.joined().utf8) }
}
