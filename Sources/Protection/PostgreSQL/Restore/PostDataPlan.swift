/// In which order, and how many at a time, the objects after the data are made.
///
/// Keys come first: adding one locks its table against readers, so they must not meet the proof, which reads all
/// tables. Then the B-tree indexes, beside the proof; then, one at a time, those whose entry has a second statement
/// (`CLUSTER ON`, `REPLICA IDENTITY`): it asks for a second, stronger lock, and of two on one table the server would end
/// one as deadlocked. Last everything else (other kinds of indexes, foreign keys, triggers). Where one table has most of
/// the rows, its indexes and keys are made in a way of their own, beside all that (see ``LargeIndex``), and so are the
/// foreign keys that have nothing to do with it.
struct PostDataPlan: Hashable, Sendable {
    /// Numbers of primary keys and unique constraints, with the comments on them.
    private(set) var keys: [Int] = []
    /// Numbers of B-tree indexes, with the comments on them.
    private(set) var indexes: [Int] = []
    /// Numbers of indexes that must be made one after the other, with the comments on them.
    private(set) var single: [Int] = []
    /// Of the table that has more than half of all bytes, if there is one. A partitioned one cannot take an index over as a key.
    private(set) var large: [LargeIndex] = []
    /// How much that table holds, as the backup counted it.
    private(set) var largeBytes: Int64 = 0
    /// Numbers of foreign keys that need nothing of that table, with the comments on them: their checks need not wait for its
    /// indexes.
    private(set) var foreignKeys: [Int] = []
    /// All other entries that come after the data, in the archive's order.
    private(set) var rest: [Int] = []

    init(entries: [ArchiveEntry], fingerprint: Fingerprint) {
        let entries = entries.entries(in: .postData)
        let total = fingerprint.tables.reduce(0) { $0 + $1.bytes }
        let largest = fingerprint.tables.first { $0.bytes > total / 2 && !$0.includesPartitions }
        largeBytes = largest?.bytes ?? 0
        // Made after the foreign keys.
        var later: Set<Int> = []
        // What is said of an entry's object goes where the entry goes.
        var turn = Turn.rest
        for entry in entries {
            if entry.section != ArchiveSection.none.rawValue {
                let table = Self.table(of: entry)
                let isLarge = table != nil && table?.schema == largest?.schema && table?.name == largest?.name
                if isLarge, let index = LargeIndex(entry) {
                    large.append(index)
                    later.insert(entry.id)
                    // It can be said when the index is there.
                    turn = .rest
                    continue
                }
                turn = Self.turn(of: entry)
                // A key locks the table against the builds of its indexes.
                if isLarge, turn != .single { turn = .rest }
                // The archive has everything behind what it depends on.
                let isBeside = !isLarge && !large.isEmpty && later.isDisjoint(with: entry.dependencies)
                if entry.kind == "FK CONSTRAINT", isBeside { turn = .foreignKeys }
                if turn == .rest || turn == .single { later.insert(entry.id) }
            }
            switch turn {
            case .keys: keys.append(entry.id)
            case .indexes: indexes.append(entry.id)
            case .single: single.append(entry.id)
            case .foreignKeys: foreignKeys.append(entry.id)
            case .rest: rest.append(entry.id)
            }
        }
    }

    private enum Turn { case keys, indexes, single, foreignKeys, rest }

    private static func turn(of entry: ArchiveEntry) -> Turn {
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
