import PostgreSQLClient

/// Loads pieces of tables over one connection, in binary where that is possible.
struct RowCopier {
    private struct Copy: Hashable {
        var entry: Int
        var isBinary: Bool
    }

    let connection: PostgresConnection
    let entries: [ArchiveEntry]
    /// Rows that COPY said it stored, by the index of the entry.
    private var stored: [Int: Int64] = [:]
    private var current: Copy?
    /// Of the table ``table``. nil: its rows go as text.
    private var encoder: BinaryRowEncoder?
    /// The last rows in binary.
    private var buffer: [UInt8] = []
    /// Index of the entry whose rows came last.
    private var table: Int?

    init(connection: PostgresConnection, entries: [ArchiveEntry]) {
        self.connection = connection
        self.entries = entries
    }

    mutating func add(_ piece: ArchiveRouter.Piece) async throws {
        if table != piece.entry {
            try await endCopy()
            encoder = try await BinaryRowEncoder(statement: entries[piece.entry].copyStatement, on: connection)
            table = piece.entry
        }
        let encoded = encoder?.encode(piece.bytes, into: &buffer)
        try await begin(Copy(entry: piece.entry, isBinary: encoded != nil))
        if let encoded {
            try await connection.sendCopy(buffer, count: encoded)
        } else {
            try await connection.sendCopy(piece.bytes)
        }
        // The server has refused a row, most likely: the end of the COPY tells.
        if await connection.copyMayHaveFailed { try await endCopy() }
    }

    mutating func finish() async throws -> [Int: Int64] {
        try await endCopy()
        await connection.close()
        return stored
    }

    private mutating func begin(_ copy: Copy) async throws {
        guard current != copy else { return }
        try await endCopy()
        if copy.isBinary, let encoder {
            try await connection.startCopy(encoder.statement)
            try await connection.sendCopy(BinaryRowEncoder.header)
        } else {
            try await connection.startCopy(entries[copy.entry].copyStatement)
        }
        current = copy
    }

    private mutating func endCopy() async throws {
        guard let copy = current else { return }
        current = nil
        if copy.isBinary { try await connection.sendCopy(BinaryRowEncoder.trailer) }
        stored[copy.entry, default: 0] += Int64(try await connection.finishCopy())
    }
}
