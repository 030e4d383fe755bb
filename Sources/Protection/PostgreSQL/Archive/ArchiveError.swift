/// Why bytes are not an archive of `pg_dump -Fc`.
struct ArchiveError: Error, Hashable, CustomStringConvertible {
    enum Code: Hashable {
        case notAnArchive
        case unsupportedVersion
        case malformed
        /// It ends in the middle of something, or before the data of every table came.
        case truncated
    }

    var code: Code
    var message: String
    /// Where in the archive, in bytes from its start.
    var offset: Int64

    var description: String { "\(message) (at byte \(offset) of the archive)" }
}

extension PostgresProtectionError {
    init(_ error: ArchiveError) {
        self.init(
            .damagedArchive, "the archive is not usable: \(error)", field: "to",
            mend: "restore another backup, and check how this one was stored")
    }
}
