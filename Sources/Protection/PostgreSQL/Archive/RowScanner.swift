#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Takes COPY text apart into rows and sums them. The text may come in pieces cut anywhere.
///
/// A row ends at every newline: COPY writes a newline inside a value as `\n`, and no encoding that a server can have
/// uses the byte 10 within a character. The line `\.` ends the rows (no value can be written like that); `pg_dump`
/// puts two empty lines after it.
struct RowScanner: Sendable {
    private(set) var rows: Int64 = 0
    /// Of the rows, newlines included.
    private(set) var bytes: Int64 = 0
    private(set) var sum = RowSum()
    /// The end marker was seen.
    private(set) var isComplete = false
    private var cut: [UInt8] = []

    mutating func add(_ piece: UnsafeRawBufferPointer) {
        guard var position = piece.baseAddress, !piece.isEmpty, !isComplete else { return }
        let end = position + piece.count
        if !cut.isEmpty {
            guard let newline = Self.newline(position, end) else { return cut.append(contentsOf: piece) }
            cut.append(contentsOf: UnsafeRawBufferPointer(start: position, count: newline - position))
            cut.withUnsafeBytes { take($0) }
            cut.removeAll(keepingCapacity: true)
            position = newline + 1
        }
        while position < end, !isComplete {
            guard let newline = Self.newline(position, end) else {
                return cut.append(contentsOf: UnsafeRawBufferPointer(start: position, count: end - position))
            }
            take(UnsafeRawBufferPointer(start: position, count: newline - position))
            position = newline + 1
        }
    }

    /// One row without its newline.
    @inline(__always)
    private mutating func take(_ row: UnsafeRawBufferPointer) {
        if row.count == 2, row[0] == UInt8(ascii: "\\"), row[1] == UInt8(ascii: ".") {
            isComplete = true
            return
        }
        rows += 1
        bytes += Int64(row.count) + 1
        sum.add(row)
    }

    @inline(__always)
    private static func newline(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> UnsafeRawPointer? {
        memchr(start, 10, end - start).map { UnsafeRawPointer($0) }
    }
}

/// Sums the contents of large objects: each is cut into blocks, and a block is hashed with the object's number and its
/// own, so that objects may come in any order. An empty object is one empty block.
struct LargeObjectScanner: Sendable {
    static let blockSize = 64 << 10

    private(set) var result = Fingerprint.LargeObjects()
    private var buffer: [UInt8] = []
    private var oid: UInt32 = 0
    private var block: UInt64 = 0

    mutating func begin(_ oid: UInt32) {
        self.oid = oid
        block = 0
        startBlock()
    }

    mutating func add(_ piece: UnsafeRawBufferPointer) {
        var rest = piece[...]
        result.bytes += Int64(piece.count)
        while !rest.isEmpty {
            if buffer.count == Self.blockSize + 16 { closeBlock() }
            let taken = rest.prefix(Self.blockSize + 16 - buffer.count)
            buffer.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
        }
    }

    mutating func end() {
        closeBlock()
        result.count += 1
    }

    private mutating func startBlock() {
        buffer.removeAll(keepingCapacity: true)
        for word in [UInt64(oid), block] { withUnsafeBytes(of: word.littleEndian) { buffer.append(contentsOf: $0) } }
    }

    private mutating func closeBlock() {
        buffer.withUnsafeBytes { result.checksum.add($0) }
        block += 1
        startBlock()
    }
}
