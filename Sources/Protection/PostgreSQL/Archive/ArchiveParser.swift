/// What the parser sees, in the order of the archive. Pieces of data are valid during the call only.
protocol ArchiveVisitor {
    /// Header and table of contents are whole. `prefix` is their bytes: an archive of its own, without data.
    mutating func contents(_ header: ArchiveHeader, _ entries: [ArchiveEntry], prefix: [UInt8]) throws
    mutating func beginData(_ entry: ArchiveEntry) throws
    /// Bytes of the entry's data. A chunk of the archive may come in several pieces, cut anywhere.
    mutating func data(_ piece: UnsafeRawBufferPointer) throws
    mutating func beginLargeObject(_ oid: UInt32) throws
    mutating func endLargeObject() throws
    mutating func endData() throws
}

/// Reads `pg_dump`'s custom format from pieces of any size; see `pg_backup_custom.c`.
///
/// After the table of contents come blocks: a type byte (1 data, 3 large objects), the entry's number, then chunks of
/// a length and so many bytes, up to a chunk of length 0. A block of large objects holds, for each, its number and
/// such chunks, and ends with the number 0. Nothing marks the end of the archive: it is whole when it stops between
/// blocks and every entry with data has had its block.
struct ArchiveParser: Sendable {
    private enum State: Sendable {
        /// → entries
        case header
        /// → block
        case entries(count: Int)
        /// → chunk (data), object (large objects)
        case block
        /// → body, block
        case chunk
        /// → chunk
        case body(remaining: Int)
        /// → objectChunk, block
        case object
        /// → objectBody, object
        case objectChunk
        /// → objectChunk
        case objectBody(remaining: Int)
    }

    private(set) var header = ArchiveHeader()
    private(set) var entries: [ArchiveEntry] = []
    private var state = State.header
    /// Header and table of contents so far.
    private var prefix: [UInt8] = []
    /// The prefix is read up to here.
    private var readTo = 0
    /// It makes no sense to look again before there are so many bytes.
    private var wanted = 5
    /// The beginning of an integer that a piece cut.
    private var cut: [UInt8] = []
    private var offset: Int64 = 0
    private var awaited: [Int: Int] = [:]
    private static let mostEntries = 20_000_000

    /// - Throws: ``ArchiveError``; what the visitor threw.
    mutating func consume(_ piece: UnsafeRawBufferPointer, _ visitor: inout some ArchiveVisitor) throws {
        var rest = piece
        if case .header = state {
            rest = try readPrefix(rest, &visitor)
        } else if case .entries = state {
            rest = try readPrefix(rest, &visitor)
        }
        if !rest.isEmpty { try readBlocks(rest, &visitor) }
    }

    /// Call at the end of the input.
    /// - Throws: ``ArchiveError`` with `.truncated` when something is missing.
    func finish() throws {
        guard case .block = state, cut.isEmpty else {
            throw ArchiveError(code: .truncated, message: "it ends in the middle", offset: offset)
        }
        if let missing = awaited.values.min() {
            let entry = entries[missing]
            throw ArchiveError(
                code: .truncated,
                message: "the data of \(awaited.count) entries is missing, "
                    + "the first is \(entry.kind) \(entry.schema).\(entry.tag)", offset: offset)
        }
    }

    // MARK: Header and table of contents

    /// Returns what follows the table of contents, empty until it is whole.
    private mutating func readPrefix(
        _ piece: UnsafeRawBufferPointer, _ visitor: inout some ArchiveVisitor
    ) throws -> UnsafeRawBufferPointer {
        let before = prefix.count
        prefix.append(contentsOf: piece)
        offset += Int64(piece.count)
        while true {
            guard prefix.count >= wanted else { return UnsafeRawBufferPointer(rebasing: piece.suffix(0)) }
            do {
                var cursor = ArchiveCursor(prefix, position: readTo, integerSize: header.integerSize, base: 0)
                switch state {
                case .header:
                    header = try ArchiveHeader(&cursor)
                    let count = try cursor.integer()
                    guard 0...Self.mostEntries ~= count else { throw cursor.malformed("\(count) entries") }
                    state = .entries(count: count)
                case .entries(let count):
                    if entries.count == count {
                        let taken = readTo - before
                        prefix.removeSubrange(readTo...)
                        offset = Int64(readTo)
                        try beginBlocks(&visitor)
                        return UnsafeRawBufferPointer(rebasing: piece.dropFirst(taken))
                    }
                    entries.append(try ArchiveEntry(&cursor, header: header))
                default: return piece
                }
                readTo = cursor.position
                wanted = readTo
            } catch let more as ArchiveCursor.NeedsMore {
                wanted = more.count
            }
        }
    }

    private mutating func beginBlocks(_ visitor: inout some ArchiveVisitor) throws {
        for (index, entry) in entries.enumerated() where entry.hasData {
            guard awaited.updateValue(index, forKey: entry.id) == nil else {
                throw ArchiveError(code: .malformed, message: "two entries have number \(entry.id)", offset: offset)
            }
        }
        state = .block
        let whole = prefix
        prefix = []
        try visitor.contents(header, entries, prefix: whole)
    }

    // MARK: Blocks

    private mutating func readBlocks(
        _ piece: UnsafeRawBufferPointer, _ visitor: inout some ArchiveVisitor
    ) throws {
        var rest = Remainder(piece)
        let start = offset
        defer { offset = start + Int64(piece.count) }
        do {
            while !rest.isEmpty {
                switch state {
                case .chunk:
                    guard let length = try takeInteger(&rest) else { return }
                    guard length >= 0 else { throw malformed("a chunk of \(length) bytes") }
                    if length == 0 {
                        state = .block
                        try visitor.endData()
                    } else if rest.count >= length {
                        // Nearly always: pg_dump writes each row as a chunk of its own.
                        try visitor.data(rest.take(length))
                    } else {
                        state = .body(remaining: length)
                    }
                case .body(let remaining):
                    let count = min(remaining, rest.count)
                    try visitor.data(rest.take(count))
                    state = count == remaining ? .chunk : .body(remaining: remaining - count)
                case .block:
                    try readBlockStart(&rest, &visitor)
                case .object:
                    guard let oid = try takeInteger(&rest, isUnsigned: true) else { return }
                    if oid == 0 {
                        state = .block
                        try visitor.endData()
                    } else {
                        state = .objectChunk
                        try visitor.beginLargeObject(UInt32(truncatingIfNeeded: oid))
                    }
                case .objectChunk:
                    guard let length = try takeInteger(&rest) else { return }
                    guard length >= 0 else { throw malformed("a chunk of \(length) bytes") }
                    if length == 0 {
                        state = .object
                        try visitor.endLargeObject()
                    } else {
                        state = .objectBody(remaining: length)
                    }
                case .objectBody(let remaining):
                    let count = min(remaining, rest.count)
                    try visitor.data(rest.take(count))
                    state = count == remaining ? .objectChunk : .objectBody(remaining: remaining - count)
                case .header, .entries: return
                }
            }
        } catch let error as ArchiveError {
            throw ArchiveError(
                code: error.code, message: error.message, offset: start + Int64(piece.count - rest.count))
        }
    }

    private mutating func readBlockStart(
        _ rest: inout Remainder, _ visitor: inout some ArchiveVisitor
    ) throws {
        // The type and the number together, so that a cut between them is one case.
        guard let bytes = takeBytes(2 + header.integerSize, &rest) else { return }
        let id = try integer(bytes[1...])
        guard let index = awaited.removeValue(forKey: id) else {
            throw malformed("a block for number \(id), which has no data or had it already")
        }
        let entry = entries[index]
        switch bytes[0] {
        case 1: state = .chunk
        case 3: state = .object
        default: throw malformed("a block of the unknown type \(bytes[0])")
        }
        try visitor.beginData(entry)
    }

    /// The next integer, or nil when the piece ends within it.
    @inline(__always)
    private mutating func takeInteger(_ rest: inout Remainder, isUnsigned: Bool = false) throws -> Int? {
        if header.integerSize == 4, cut.isEmpty, rest.count >= 5 {
            let (sign, magnitude) = rest.takeShortInteger()
            if sign == 0, isUnsigned || magnitude <= UInt32(Int32.max) { return Int(magnitude) }
            return try checked(sign: sign, magnitude: UInt64(magnitude), isUnsigned: isUnsigned)
        }
        guard let bytes = takeBytes(1 + header.integerSize, &rest) else { return nil }
        return try integer(bytes[...], isUnsigned: isUnsigned)
    }

    private func integer(_ bytes: ArraySlice<UInt8>, isUnsigned: Bool = false) throws -> Int {
        let magnitude = bytes.dropFirst().reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return try checked(sign: bytes.first ?? 0, magnitude: magnitude, isUnsigned: isUnsigned)
    }

    /// Numbers of large objects are unsigned, but written as signed: those above 2^31 come with a minus.
    private func checked(sign: UInt8, magnitude: UInt64, isUnsigned: Bool) throws -> Int {
        guard sign <= 1, magnitude <= UInt64(isUnsigned ? UInt32.max : UInt32(Int32.max)) else {
            throw malformed("an impossible integer")
        }
        return sign == 0 ? Int(magnitude) : -Int(magnitude)
    }

    /// So many bytes, across pieces; nil when this piece has not all of them.
    private mutating func takeBytes(_ count: Int, _ rest: inout Remainder) -> [UInt8]? {
        cut.append(contentsOf: rest.take(min(count - cut.count, rest.count)))
        guard cut.count == count else { return nil }
        defer { cut.removeAll(keepingCapacity: true) }
        return cut
    }

    private func malformed(_ message: String) -> ArchiveError {
        ArchiveError(code: .malformed, message: message, offset: 0)
    }
}

/// The unread rest of a piece. The unsafe core of the parser: every take is within the bounds its caller has checked.
struct Remainder {
    private var position: UnsafeRawPointer?
    private(set) var count: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        position = bytes.baseAddress
        count = bytes.count
    }

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    mutating func take(_ length: Int) -> UnsafeRawBufferPointer {
        precondition(length >= 0 && length <= count)
        let taken = UnsafeRawBufferPointer(start: position, count: length)
        position = position.map { $0 + length }
        count -= length
        return taken
    }

    /// A sign byte and four bytes, least first. The caller has seen that five are there.
    @inline(__always)
    mutating func takeShortInteger() -> (sign: UInt8, magnitude: UInt32) {
        let bytes = take(5)
        return (bytes[0], UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
    }
}
