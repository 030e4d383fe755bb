#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Signals whose default would end the process for an ordinary event.
public enum SignalPolicy {
    /// A peer that closes its end makes a write fail with EPIPE instead of ending the process. ``withChild(_:body:)`` calls it.
    public static func ignoreBrokenPipes() { _ = once }

    private static let once: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return true
    }()
}
