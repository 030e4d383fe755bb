/// Reads the format's integers and strings from bytes of which more may come.
struct ArchiveCursor {
    /// More bytes are needed: so many in all.
    struct NeedsMore: Error { var count: Int }

    private let source: [UInt8]
    private(set) var position: Int
    /// Bytes of an integer after its sign byte.
    var integerSize = 4
    /// Where `source` begins in the archive, for error texts.
    private let base: Int64

    /// No string of an archive can be larger; larger ones are garbage that must not fill the memory.
    static let longestString = 256 << 20

    init(_ source: [UInt8], position: Int, integerSize: Int, base: Int64) {
        self.source = source
        self.position = position
        self.integerSize = integerSize
        self.base = base
    }

    mutating func byte() throws -> UInt8 {
        try need(1)
        defer { position += 1 }
        return source[position]
    }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        try need(count)
        defer { position += count }
        return Array(source[position..<position + count])
    }

    /// A sign byte and a magnitude, least byte first.
    mutating func integer() throws -> Int {
        try need(1 + integerSize)
        var magnitude: UInt64 = 0
        for index in 0..<integerSize {
            magnitude |= UInt64(source[position + 1 + index]) << UInt64(8 * index)
        }
        let sign = source[position]
        guard sign <= 1, magnitude <= UInt64(Int32.max) else { throw malformed("an impossible integer") }
        position += 1 + integerSize
        return sign == 0 ? Int(magnitude) : -Int(magnitude)
    }

    /// nil for the format's NULL.
    mutating func string() throws -> String? {
        let start = position
        let count = try integer()
        guard count >= 0 else { return nil }
        guard count <= Self.longestString else { throw malformed("a text of \(count) bytes") }
        guard source.count - position >= count else {
            let missing = NeedsMore(count: position + count)
            position = start
            throw missing
        }
        defer { position += count }
        return String(decoding: source[position..<position + count], as: UTF8.self)
    }

    func malformed(_ message: String) -> ArchiveError {
        ArchiveError(code: .malformed, message: message, offset: base + Int64(position))
    }

    private func need(_ count: Int) throws {
        guard source.count - position >= count else { throw NeedsMore(count: position + count) }
    }
}
