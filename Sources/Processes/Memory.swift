import CLinux

/// How this process keeps memory that it has freed.
public enum Memory {
    /// A transfer's buffers have up to a few megabytes each, are made by one thread and freed by another. Left to itself
    /// the allocator keeps what it freed in arenas, one for each thread, and the process grows to twice what it uses; or
    /// it gives every megabyte back only to ask for it anew, page by page, which takes a seventh of a backup's own work.
    /// Two arenas that keep a few buffers each do neither. Called once, at the start.
    public static func tuneForTransfers() { dr_set_allocator(4 << 20, 16 << 20, 2) }
}
