#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Turns rows of COPY text into COPY binary, which the server loads in about two thirds of the time: most of what it does
/// with text is taking it apart.
///
/// What is not exactly the text that the server itself writes with the settings of ``SessionSettings/text`` is left alone:
/// the rows of such a piece are loaded as text. So a value that is unknown here costs speed and never its truth.
struct BinaryRowEncoder: Sendable, Hashable {
    let columns: [BinaryColumn]
    /// `COPY … FROM stdin WITH (FORMAT binary);`
    let statement: String

    /// Before the first row: the signature, no flags, no extension.
    static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00] + [UInt8](repeating: 0, count: 8)
    /// After the last row.
    static let trailer: [UInt8] = [0xff, 0xff]

    /// Whole rows, each with its newline. nil: they are to be loaded as text.
    func encode(_ rows: [UInt8]) -> [UInt8]? {
        guard columns.count < Int(Int16.max), rows.last == UInt8(ascii: "\n") else { return nil }
        return rows.withUnsafeBytes { rows -> [UInt8]? in
            guard let start = rows.baseAddress else { return nil }
            var isWhole = true
            let encoded = [UInt8](unsafeUninitializedCapacity: capacity(rows)) { buffer, count in
                guard let begin = UnsafeMutableRawPointer(buffer.baseAddress) else { return isWhole = false }
                var writer = BinaryWriter(cursor: begin)
                isWhole = encode(start, start + rows.count, &writer)
                count = isWhole ? writer.cursor - begin : 0
            }
            return isWhole ? encoded : nil
        }
    }

    /// A value takes its own bytes at most, or ``BinaryWriter/widest`` where that is more; beside it four bytes of length,
    /// and each row two.
    private func capacity(_ rows: UnsafeRawBufferPointer) -> Int {
        var fields = 0
        for byte in rows { fields &+= byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") ? 1 : 0 }
        return rows.count + fields * (BinaryWriter.widest + 6)
    }

    private func encode(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer, _ writer: inout BinaryWriter) -> Bool {
        var position = start
        let count = Int16(columns.count)
        while position < end {
            guard let newline = memchr(position, 10, end - position).map({ UnsafeRawPointer($0) }) else { return false }
            let hasEscapes = memchr(position, 0x5c, newline - position) != nil
            writer.store(count)
            for index in columns.indices {
                let isLast = index == columns.count - 1
                let tab = memchr(position, 9, newline - position).map { UnsafeRawPointer($0) }
                guard isLast == (tab == nil) else { return false }
                let fieldEnd = tab ?? newline
                let field = UnsafeRawBufferPointer(start: position, count: fieldEnd - position)
                guard writer.field(field, as: columns[index], mayHaveEscapes: hasEscapes) else { return false }
                position = fieldEnd + 1
            }
        }
        return true
    }
}
