/// Sorts an archive's data while it passes: rows in COPY text become pieces for the loading connections, everything
/// else becomes blocks of a smaller archive for `pg_restore`.
struct ArchiveRouter: ArchiveVisitor, Sendable {
    /// Whole rows of one table.
    struct Piece: Sendable {
        /// Index into the entries.
        var entry: Int
        var bytes: [UInt8]
    }

    private enum Destination {
        case none
        case rows(entry: Int)
        case spool
    }

    private(set) var header = ArchiveHeader()
    private(set) var entries: [ArchiveEntry] = []
    /// nil until header and contents are whole.
    private(set) var prefix: [UInt8]?
    /// Numbers of the entries whose data was routed to the smaller archive.
    private(set) var spooledEntries: [Int] = []
    /// Made from what passes, when asked for.
    private(set) var builder: FingerprintBuilder?
    private var pieces: [Piece] = []
    private var spool: [UInt8] = []
    private var destination = Destination.none
    private var rows: [UInt8] = []
    private let pieceSize: Int
    private var indexes: [Int: Int] = [:]
    /// The end marker and its empty lines are five bytes: so many are held back until the end.
    private static let heldBack = 8

    init(pieceSize: Int = 1 << 20, makesFingerprint: Bool) {
        self.pieceSize = pieceSize
        builder = makesFingerprint ? FingerprintBuilder() : nil
    }

    mutating func takePieces() -> [Piece] {
        defer { pieces = [] }
        return pieces
    }

    mutating func takeSpool() -> [UInt8] {
        defer { spool = [] }
        return spool
    }

    mutating func contents(_ header: ArchiveHeader, _ entries: [ArchiveEntry], prefix: [UInt8]) throws {
        self.header = header
        self.entries = entries
        self.prefix = prefix
        for (index, entry) in entries.enumerated() { indexes[entry.id] = index }
        try builder?.contents(header, entries, prefix: prefix)
    }

    mutating func beginData(_ entry: ArchiveEntry) throws {
        try builder?.beginData(entry)
        if entry.isCopy, !header.isCompressed, let index = indexes[entry.id] {
            destination = .rows(entry: index)
            rows.reserveCapacity(pieceSize + (64 << 10))
        } else {
            destination = .spool
            spooledEntries.append(entry.id)
            spool.append(entry.isLargeObjects ? 3 : 1)
            appendInteger(entry.id)
        }
    }

    @inline(__always)
    mutating func data(_ piece: UnsafeRawBufferPointer) throws {
        if builder != nil { try builder?.data(piece) }
        switch destination {
        case .rows(let entry):
            rows.append(contentsOf: piece)
            if rows.count >= pieceSize { cutRows(entry) }
        case .spool:
            guard !piece.isEmpty else { return }
            appendInteger(piece.count)
            spool.append(contentsOf: piece)
        case .none: break
        }
    }

    mutating func beginLargeObject(_ oid: UInt32) throws {
        try builder?.beginLargeObject(oid)
        appendInteger(Int(Int32(bitPattern: oid)))
    }

    mutating func endLargeObject() throws {
        try builder?.endLargeObject()
        appendInteger(0)
    }

    mutating func endData() throws {
        try builder?.endData()
        switch destination {
        case .rows(let entry): try finishRows(entry)
        case .spool: appendInteger(0)
        case .none: break
        }
        destination = .none
    }

    /// Moves the whole rows of `rows` into a piece.
    private mutating func cutRows(_ entry: Int) {
        var end = rows.count - Self.heldBack
        while end > 0, rows[end - 1] != 10 { end -= 1 }
        guard end > 0 else { return }
        let rest = Array(rows[end...])
        rows.removeSubrange(end...)
        pieces.append(Piece(entry: entry, bytes: rows))
        rows = rest
        rows.reserveCapacity(pieceSize + (64 << 10))
    }

    private mutating func finishRows(_ entry: Int) throws {
        while rows.last == 10 { rows.removeLast() }
        let isMarked = rows.suffix(2).elementsEqual([UInt8(ascii: "\\"), UInt8(ascii: ".")])
        guard isMarked, rows.count == 2 || rows[rows.count - 3] == 10 else {
            let name = "\(entries[entry].schema).\(entries[entry].tag)"
            throw ArchiveError(code: .malformed, message: "the rows of \(name) have no end marker", offset: 0)
        }
        rows.removeLast(2)
        if !rows.isEmpty { pieces.append(Piece(entry: entry, bytes: rows)) }
        rows = []
    }

    private mutating func appendInteger(_ value: Int) {
        spool.append(value < 0 ? 1 : 0)
        let magnitude = UInt64(value.magnitude)
        for index in 0..<header.integerSize { spool.append(UInt8(truncatingIfNeeded: magnitude >> UInt64(8 * index))) }
    }
}
