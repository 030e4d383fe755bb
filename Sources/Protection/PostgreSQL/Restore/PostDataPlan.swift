/// In which order, and how many at a time, the objects after the data are made.
///
/// Keys come first: adding one locks its table against readers, so they must not meet the proof, which reads all
/// tables. Then the B-tree indexes, beside the proof; then, one at a time, those whose entry has a second statement
/// (`CLUSTER ON`, `REPLICA IDENTITY`): it asks for a second, stronger lock, and of two on one table the server would end one as
/// deadlocked. Last everything else (other kinds of indexes, foreign keys, triggers). Where one table has most of the
/// rows, its indexes and keys are made in a way of their own, beside all that: see ``LargeIndex``.
struct PostDataPlan: Hashable, Sendable {
    /// Numbers of primary keys and unique constraints, with the comments on them.
    private(set) var keys: [Int] = []
    /// Numbers of B-tree indexes, with the comments on them.
    private(set) var indexes: [Int] = []
    /// Numbers of indexes that must be made one after the other, with the comments on them.
    private(set) var single: [Int] = []
    /// All other entries of the archive, in its order.
    private(set) var rest: [Int] = []
    /// Of the table that has more than half of all bytes, if there is one. A partitioned one cannot take an index over as a key.
    private(set) var large: [LargeIndex] = []

    private enum Section {
        static let none = 1
        static let postData = 4
    }

    init(entries: [ArchiveEntry], fingerprint: Fingerprint) {
        let total = fingerprint.tables.reduce(0) { $0 + $1.bytes }
        let largest = fingerprint.tables.first { $0.bytes > total / 2 && !$0.includesPartitions }
        // An entry without a section of its own (a comment) goes where the entry before it goes: pg_restore decides by
        // the same order whether it belongs to the section.
        var turn = Turn.rest
        for entry in entries {
            if entry.section != Section.none {
                let table = Self.table(of: entry)
                let isLarge = table != nil && table?.schema == largest?.schema && table?.name == largest?.name
                if isLarge, let index = LargeIndex(entry) {
                    large.append(index)
                    // What is said of it can be said when it is there.
                    turn = .rest
                    continue
                }
                turn = Self.turn(of: entry)
                // A key locks the table against the builds of its indexes.
                if isLarge, turn != .single { turn = .rest }
            }
            switch turn {
            case .keys: keys.append(entry.id)
            case .indexes: indexes.append(entry.id)
            case .single: single.append(entry.id)
            case .rest: rest.append(entry.id)
            }
        }
    }

    private enum Turn { case keys, indexes, single, rest }

    private static func turn(of entry: ArchiveEntry) -> Turn {
        guard entry.section == Section.postData else { return .rest }
        switch entry.kind {
        case "CONSTRAINT":
            let isKey = entry.definition.contains(" PRIMARY KEY ") || entry.definition.contains(" UNIQUE ")
            return isKey ? .keys : .rest
        case "INDEX":
            if entry.definition.contains("\nALTER ") { return .single }
            return entry.definition.contains(" USING btree ") ? .indexes : .rest
        default: return .rest
        }
    }

    /// Schema and name of the table that an index or a constraint is on. nil: it is neither, or its statement is unusual.
    private static func table(of entry: ArchiveEntry) -> (schema: String, name: String)? {
        guard entry.section == Section.postData else { return nil }
        var rest = Substring(entry.definition)
        if SQLText.take("CREATE UNIQUE INDEX ", &rest) || SQLText.take("CREATE INDEX ", &rest) {
            guard SQLText.identifier(&rest) != nil, SQLText.take(" ON ", &rest) else { return nil }
        } else if !SQLText.take("ALTER TABLE ", &rest) {
            return nil
        }
        _ = SQLText.take("ONLY ", &rest)
        return SQLText.relation(&rest)
    }

    /// The text of a list that `pg_restore --use-list` reads.
    static func list(_ numbers: [Int]) -> [UInt8] { Array(numbers.map { "\($0);\n" }.joined().utf8) }
}
