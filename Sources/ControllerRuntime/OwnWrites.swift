import KubernetesClient
import KubernetesModel

/// What the passes of each key have written and the caches may not have yet.
///
/// A pass that decides from a cache older than its own last write makes the same child again (controller-runtime#3320: six
/// for one). So a key is held until the caches have what was written for it.
struct OwnWrites: Sendable {
    private struct Pending {
        var versions: [Target: String] = [:]
        var last: ContinuousClock.Instant
    }

    private struct Target: Hashable {
        var type: ResourceType
        var key: ObjectKey
    }

    /// By the kind that each has: whether it has seen a version of an object. Writes of other kinds are not waited for.
    var caches: [ResourceType: @Sendable (_ version: String, _ key: ObjectKey) -> Bool] = [:]
    private var pending: [ObjectKey: Pending] = [:]

    /// How often the caches are asked.
    static let pace = Duration.milliseconds(10)
    /// A cache that has not got it by then has a watch that is broken, or another cluster's versions: a restored etcd counts
    /// from an older one.
    static let limit = Duration.seconds(5)

    mutating func wrote(_ write: WriteObserver.Write, in pass: ObjectKey, at now: ContinuousClock.Instant) {
        guard caches[write.type] != nil else { return }
        var known = pending[pass] ?? Pending(last: now)
        known.versions[Target(type: write.type, key: write.key)] = write.version
        known.last = now
        pending[pass] = known
    }

    /// - Returns: how long the key waits, nil when it may go on; and whether it goes on although a cache lags.
    mutating func hold(_ pass: ObjectKey, at now: ContinuousClock.Instant) -> (pause: Duration?, isLate: Bool) {
        guard let known = pending[pass] else { return (nil, false) }
        let hasAll = known.versions.allSatisfy { caches[$0.key.type]?($0.value, $0.key.key) ?? true }
        let isOver = known.last.duration(to: now) >= Self.limit
        guard hasAll || isOver else { return (Self.pace, false) }
        pending[pass] = nil
        return (nil, !hasAll)
    }
}
