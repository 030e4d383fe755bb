/// The start of an archive: `ReadHead` in PostgreSQL's `pg_backup_archiver.c`.
struct ArchiveHeader: Hashable, Sendable {
    /// Major × 100 + minor: 112 (PostgreSQL 9.0) to 116 (PostgreSQL 17 and 18).
    var version = 0
    /// Bytes of an integer after its sign.
    var integerSize = 4
    var offsetSize = 8
    /// Table data is compressed: its rows cannot be seen here.
    var isCompressed = false
    var database = ""
    var serverVersion = ""
    var dumpVersion = ""

    static let supportedVersions = 112...116
}

extension ArchiveHeader {
    init(_ cursor: inout ArchiveCursor) throws {
        guard try cursor.bytes(5) == Array("PGDMP".utf8) else {
            throw ArchiveError(code: .notAnArchive, message: "not an archive of pg_dump -Fc", offset: 0)
        }
        let major = try Int(cursor.byte())
        let minor = try Int(cursor.byte())
        _ = try cursor.byte()
        version = major * 100 + minor
        guard Self.supportedVersions.contains(version) else {
            throw ArchiveError(
                code: .unsupportedVersion, message: "archive version \(major).\(minor) is not known here",
                offset: 5)
        }
        integerSize = try Int(cursor.byte())
        offsetSize = try Int(cursor.byte())
        guard [4, 8].contains(integerSize), [4, 8].contains(offsetSize) else {
            throw ArchiveError(code: .malformed, message: "impossible sizes of integers", offset: 8)
        }
        cursor.integerSize = integerSize
        guard try cursor.byte() == 1 else {
            throw ArchiveError(code: .notAnArchive, message: "not an archive in the custom format (-Fc)", offset: 10)
        }
        // From 1.15 an algorithm, 0 for none; before, a level where -1 is the default one.
        isCompressed = version >= 115 ? try cursor.byte() != 0 : try cursor.integer() != 0
        // The time it was made, in the maker's own time zone: of no use without knowing that.
        for _ in 0..<7 { _ = try cursor.integer() }
        database = try cursor.string() ?? ""
        serverVersion = try cursor.string() ?? ""
        dumpVersion = try cursor.string() ?? ""
    }
}
