import CLinux

/// How this process keeps memory that it has freed.
public enum Memory {
    /// A transfer's buffers have a few megabytes each, are made by one thread and freed by another. Left to itself the
    /// allocator learns from them to keep everything of that size in its arenas, one for each thread, and the process
    /// grows to twice what it uses. With a fixed threshold they go back to the system at once. Called once, at the start.
    public static func returnLargeBlocks() { dr_set_map_threshold(4 << 20) }
}
