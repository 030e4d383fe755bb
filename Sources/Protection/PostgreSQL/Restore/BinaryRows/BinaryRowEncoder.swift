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
        var storage: [UInt8] = []
        guard let count = encode(rows, into: &storage) else { return nil }
        return Array(storage.prefix(count))
    }

    /// As ``encode(_:)``, into the front of `storage`, which grows where it must and is used again for the next rows.
    /// - Returns: how many bytes there are.
    func encode(_ rows: [UInt8], into storage: inout [UInt8]) -> Int? {
        guard columns.count < Int(Int16.max), rows.last == UInt8(ascii: "\n") else { return nil }
        return rows.withUnsafeBytes { rows -> Int? in
            guard let start = rows.baseAddress else { return nil }
            let needed = capacity(rows)
            if storage.count < needed { storage = [UInt8](repeating: 0, count: needed + needed / 8) }
            return storage.withUnsafeMutableBytes { buffer -> Int? in
                guard let begin = buffer.baseAddress else { return nil }
                var writer = BinaryWriter(cursor: begin)
                return encode(start, start + rows.count, &writer) ? writer.cursor - begin : nil
            }
        }
    }

    /// A value takes its own bytes and ``BinaryWriter/widest`` more at most; beside it are four bytes of length, and two in each row.
    /// A row with more fields than columns is not written to its end.
    private func capacity(_ rows: UnsafeRawBufferPointer) -> Int {
        guard var position = rows.baseAddress else { return 0 }
        let end = position + rows.count
        var count = 0
        while position < end, let newline = memchr(position, 10, end - position) {
            count += 1
            position = UnsafeRawPointer(newline) + 1
        }
        return rows.count + count * (2 + columns.count * (BinaryWriter.widest + 4))
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
