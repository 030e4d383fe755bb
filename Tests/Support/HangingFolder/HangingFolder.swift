public import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder whose file system is gone, as when an NFS server is: every system call on what lies below it waits.
///
/// It is a FUSE file system that answers nothing. ``comeBack()`` takes it away: calls that waited fail, and the folder below
/// is seen again, as it was.
public final class HangingFolder: Sendable {
    private let path: String
    /// The end that the kernel asks; -1 once closed.
    private let device: Mutex<Int32>

    /// Whether this machine lets us mount one: as root, where there is FUSE.
    public static let isPossible: Bool = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-hang-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: folder) }
        guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil,
            let hanging = HangingFolder(over: folder)
        else { return false }
        hanging.comeBack()
        return true
    }()

    /// Nil where it is not possible.
    public init?(over folder: URL) {
        path = folder.path
        let file = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return nil }
        let options = "fd=\(file),rootmode=40000,user_id=\(geteuid()),group_id=\(getegid()),allow_other"
        guard mount("hanging", path, "fuse.hanging", UInt(MS_NOSUID | MS_NODEV), options) == 0 else {
            close(file)
            return nil
        }
        device = Mutex(file)
    }

    deinit { comeBack() }

    public func comeBack() {
        device.withLock { file in
            guard file >= 0 else { return }
            umount2(path, Int32(MNT_DETACH))
            close(file)
            file = -1
        }
    }
}
