/// How a list and watch goes on after each thing that happens to it, as a value.
///
/// The rules are client-go's: the first list asks for version 0 (any the server has cached), a relist for the last version
/// seen, and after "expired" or "too large resource version" for the newest (""). Where the server streams lists, the
/// newest comes over the watch, object by object.
public struct ReflectorMachine: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        /// Everything first, over the watch itself, then go on watching.
        case streamList
        case list(resourceVersion: String)
        case watch(resourceVersion: String)
    }

    public enum Event: Sendable, Equatable {
        case listed(resourceVersion: String)
        /// The streaming list went wrong before its end. `isUnknown`: because the server does not have it.
        case streamListFailed(isUnknown: Bool)
        /// The server closed the watch as announced. `lasted`: and not at once without anything new.
        case watchEnded(lasted: Bool)
        /// 410: the version is gone; or the server has not reached it yet.
        case expired
        /// On the way to the server or because it is busy: the same may do better later.
        case failed(retryAfter: Duration?)
        /// The server does not want this watch. From the same version it would not want the next.
        case refused
    }

    public private(set) var step: Step
    public private(set) var resourceVersion = ""
    private var backoff = Self.firstBackoff
    private var canStream: Bool

    static let firstBackoff = Duration.milliseconds(800)
    /// client-go waits up to 30 s; five watches are few, and an operator that sees nothing for half a minute after its API server is
    /// back is late.
    static let lastBackoff = Duration.seconds(8)

    public init(streams: Bool = true) {
        canStream = streams
        step = streams ? .streamList : .list(resourceVersion: "0")
    }

    public mutating func saw(resourceVersion: String) {
        if !resourceVersion.isEmpty { self.resourceVersion = resourceVersion }
    }

    /// Two minutes without trouble: the next trouble starts with a short wait again.
    public mutating func calmed() { backoff = Self.firstBackoff }

    /// - Parameter jitter: 0 … 1; the wait is between half of the backoff and all of it.
    /// - Returns: how long to wait before ``step``.
    public mutating func next(_ event: Event, jitter: Double = 1) -> Duration {
        switch event {
        case .listed(let version):
            resourceVersion = version
            step = .watch(resourceVersion: version)
            return .zero
        case .streamListFailed(let isUnknown):
            if isUnknown { canStream = false }
            step = .list(resourceVersion: resourceVersion.isEmpty ? "0" : resourceVersion)
            return .zero
        case .watchEnded(let lasted):
            step = .watch(resourceVersion: resourceVersion)
            return lasted ? .zero : grow(jitter)
        case .expired:
            // Twice in a row would mean a version that the server hands out and does not know: wait then.
            let again = resourceVersion.isEmpty && step != .list(resourceVersion: "0")
            relist()
            return again ? grow(jitter) : .zero
        case .failed(let retryAfter):
            if case .watch = step { step = .watch(resourceVersion: resourceVersion) }
            return max(retryAfter ?? .zero, grow(jitter))
        case .refused:
            relist()
            return grow(jitter)
        }
    }

    /// From the newest. A streaming list that fails at this point is not asked for again at once.
    private mutating func relist() {
        step = canStream && step != .streamList ? .streamList : .list(resourceVersion: "")
        resourceVersion = ""
    }

    private mutating func grow(_ jitter: Double) -> Duration {
        defer { backoff = min(Self.lastBackoff, backoff * 2) }
        return backoff * (0.5 + jitter / 2)
    }
}
