/// How a list and watch goes on after each thing that happens to it, as a value.
///
/// The rules are client-go's: the first list asks for version 0 (any the server has cached), a relist for the last version
/// seen, and after "expired" or "too large resource version" for the newest ("").
public struct ReflectorMachine: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        /// Everything first, over the watch itself, then go on watching.
        case streamList
        case list(resourceVersion: String)
        case watch(resourceVersion: String)
    }

    public enum Event: Sendable, Equatable {
        case listed(resourceVersion: String)
        /// The streaming list is not there or went wrong before its end.
        case streamListFailed
        /// The server closed the watch as announced. `lasted`: and not at once without an event.
        case watchEnded(lasted: Bool)
        /// 410: the version is gone.
        case expired
        case failed(retryAfter: Duration?)
    }

    public private(set) var step: Step
    public private(set) var resourceVersion = ""
    private var backoff = Self.firstBackoff
    private var canStream = true

    static let firstBackoff = Duration.milliseconds(800)
    static let lastBackoff = Duration.seconds(30)

    public init(streams: Bool = true) {
        canStream = streams
        step = streams ? .streamList : .list(resourceVersion: "0")
    }

    public mutating func saw(resourceVersion: String) {
        if !resourceVersion.isEmpty { self.resourceVersion = resourceVersion }
    }

    /// Two minutes without trouble: the next trouble starts with a short wait again.
    public mutating func calmed() { backoff = Self.firstBackoff }

    /// - Returns: how long to wait before ``step`` (the caller adds jitter).
    public mutating func next(_ event: Event) -> Duration {
        switch event {
        case .listed(let version):
            resourceVersion = version
            step = .watch(resourceVersion: version)
            return .zero
        case .streamListFailed:
            // Not asked for again: a server that lacks it will not learn it.
            canStream = false
            step = .list(resourceVersion: resourceVersion.isEmpty ? "0" : resourceVersion)
            return .zero
        case .watchEnded(true):
            step = .watch(resourceVersion: resourceVersion)
            return .zero
        case .watchEnded(false):
            step = .watch(resourceVersion: resourceVersion)
            return grow()
        case .expired:
            // Twice in a row would mean a version that the server hands out and does not know: wait then.
            let again = step == .list(resourceVersion: "") || step == .watch(resourceVersion: "")
            step = .list(resourceVersion: "")
            resourceVersion = ""
            return again ? grow() : .zero
        case .failed(let retryAfter):
            switch step {
            case .watch: step = .watch(resourceVersion: resourceVersion)
            case .list, .streamList: break
            }
            return max(retryAfter ?? .zero, grow())
        }
    }

    private mutating func grow() -> Duration {
        defer { backoff = min(Self.lastBackoff, backoff * 2) }
        return backoff
    }
}
