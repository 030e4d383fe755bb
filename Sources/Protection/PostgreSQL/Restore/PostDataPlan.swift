/// In which order, and how many at a time, the objects after the data are made.
///
/// Keys come first: adding one locks its table against readers, so they must not meet the proof, which reads all
/// tables. Then the B-tree indexes, beside the proof; last everything else (other kinds of indexes, foreign keys,
/// triggers).
///
/// Where one table has most of the rows its indexes are made one after the other: the server sorts each with parallel
/// workers, and two such sorts side by side only take the processors from each other. Measured on 6 million rows and two
/// processors: 9.9 seconds for three indexes in turn, 10.6 and more side by side, whatever `maintenance_work_mem` is.
/// It is the other way round beside a proof that reads every row, which keeps the processors busy by itself: there
/// parallel workers only get in its way, and three indexes with the proof take 26 seconds in turn but 17 side by side,
/// each by one process.
struct PostDataPlan: Hashable, Sendable {
    /// Numbers of primary keys and unique constraints, with the comments on them.
    private(set) var keys: [Int] = []
    /// Numbers of B-tree indexes, with the comments on them.
    private(set) var indexes: [Int] = []
    /// All other entries of the archive, in its order.
    private(set) var rest: [Int] = []
    /// Whether one table has more than half of all bytes.
    let isDominated: Bool

    /// How the objects of a turn are made.
    struct Pace: Hashable, Sendable {
        /// Processes at a time.
        var jobs: Int
        /// `maintenance_work_mem` in megabytes; nil: the server's own.
        var memory: Int?
    }

    /// Below 32 MB for each process the server sorts an index without parallel workers, whatever it is allowed.
    private static let memoryOfOneProcess = 8

    /// The indexes' pace; they are made beside the proof.
    func indexPace(_ verification: PostgresRestore.Verification, jobs: Int) -> Pace {
        guard isDominated else { return Pace(jobs: jobs) }
        return verification == .rows ? Pace(jobs: jobs, memory: Self.memoryOfOneProcess) : Pace(jobs: 1)
    }

    /// The pace of everything else.
    func pace(jobs: Int) -> Pace { Pace(jobs: isDominated ? 1 : jobs) }

    private enum Section {
        static let none = 1
        static let postData = 4
    }

    init(entries: [ArchiveEntry], fingerprint: Fingerprint) {
        let total = fingerprint.tables.reduce(0) { $0 + $1.bytes }
        isDominated = fingerprint.tables.contains { $0.bytes > total / 2 }
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
