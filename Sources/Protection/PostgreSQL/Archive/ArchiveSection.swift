/// A part of an archive: `teSection` in PostgreSQL's `pg_backup.h`.
enum ArchiveSection: Int {
    /// What is said of another entry's object: comments, privileges, labels.
    case none = 1
    case preData
    case data
    case postData
}

extension Sequence<ArchiveEntry> {
    /// The entries of a section. One without a section of its own goes where the entry before it goes: so `pg_restore`
    /// decides, too (`ProcessArchiveRestoreOptions` in `pg_backup_archiver.c`).
    func entries(in section: ArchiveSection) -> [ArchiveEntry] {
        var current = ArchiveSection.none.rawValue
        return filter { entry in
            if entry.section != ArchiveSection.none.rawValue { current = entry.section }
            return current == section.rawValue
        }
    }

    /// The others, and nothing of what is said of those that are left out.
    func leavingOut(_ isLeftOut: (ArchiveEntry) -> Bool) -> [ArchiveEntry] {
        var isOut = false
        return filter { entry in
            if entry.section != ArchiveSection.none.rawValue { isOut = isLeftOut(entry) }
            return !isOut
        }
    }
}
