import Synchronization

/// Holds a scratch file for an upload, which lives where no file may be closed or removed: that may wait for a disk.
///
/// Only the threads of a ``FileLane`` take the file out or let it go.
final class ScratchSlot: Sendable {
    private let file: Mutex<ScratchFile?>

    init(_ file: ScratchFile) { self.file = Mutex(file) }

    func use<R>(_ body: (ScratchFile) throws -> R) throws -> R {
        guard let file = file.withLock({ $0 }) else { throw ObjectStoreError(.other, "the upload has ended") }
        return try body(file)
    }

    /// Removes and closes the file, unless that is done.
    func empty() {
        let file = file.withLock { file in
            defer { file = nil }
            return file
        }
        file?.remove()
    }
}
