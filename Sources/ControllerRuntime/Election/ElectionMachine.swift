/// Who may lead, as a value: what is known of the lease, and what may be concluded from it.
///
/// **Guarantee.** Of any number of machines that write one lease with optimistic concurrency, at most one answers true to
/// ``isLeader(at:)`` at any instant, as long as no clock runs faster than another by as much as `leaseDuration` :
/// `renewDeadline`, and nobody deletes the lease while a process that has not seen it yet starts.
/// **Why.** A leader leads for `renewDeadline` from the moment it *sent* its last successful write. Another takes over when
/// it has seen no change of the lease for `leaseDuration` since it *received* the last one, which is later. Both measure
/// on their own steady clock; the times in the record are never read.
public struct ElectionMachine<Time: InstantProtocol>: Sendable where Time.Duration == Duration {
    /// client-go's numbers, if nothing else is said.
    public struct Timing: Sendable, Hashable {
        /// What another waits before it takes the lease of one that is silent.
        public var leaseDuration = Duration.seconds(15)
        /// How long a leader leads without reaching the server.
        public var renewDeadline = Duration.seconds(10)
        public var retryPeriod = Duration.seconds(2)

        public init() {}

        /// Seven ninths of it are the leader's, who renews at least every seventh of that.
        public init(leaseDuration: Duration) {
            self.leaseDuration = leaseDuration
            renewDeadline = leaseDuration / 9 * 7
            retryPeriod = min(.seconds(5), renewDeadline / 7)
        }

        /// Of one request: a server that hangs leaves time for further tries.
        var requestTimeout: Duration { min(.seconds(10), renewDeadline / 2) }
    }

    /// A lease as the server gave it.
    public struct Observation: Sendable, Hashable {
        public var version: String
        /// Empty when it was released.
        public var holder: String
        /// How long its holder wants it to be respected.
        public var duration: Duration

        public init(version: String, holder: String, duration: Duration) {
            self.version = version
            self.holder = holder
            self.duration = duration
        }
    }

    public enum Action: Sendable, Equatable {
        /// There is no lease: make one.
        case create
        /// Write our name over this version of it.
        case take(version: String)
        /// Look again later.
        case wait
        /// Another holds what we held.
        case stop
    }

    public let identity: String
    public let timing: Timing
    private var observed: Observation?
    private var observedAt: Time?
    private var leadsUntil: Time?

    public init(identity: String, timing: Timing = Timing()) {
        self.identity = identity
        self.timing = timing
    }

    public func isLeader(at now: Time) -> Bool { leadsUntil.map { now < $0 } ?? false }
    /// When leading ends unless it is renewed.
    public var deadline: Time? { leadsUntil }
    public var version: String? { observed?.version }
    public var holder: String { observed?.holder ?? "" }

    /// What was read, nil when there is no lease.
    /// - Parameter now: when the answer was received.
    public mutating func read(_ observation: Observation?, at now: Time) -> Action {
        let wasLeader = leadsUntil != nil
        if let leadsUntil, now >= leadsUntil { return .stop }
        guard let observation else {
            // Deleted under its holder: whoever creates it first has it, so it is ours no longer.
            leadsUntil = nil
            if wasLeader { return .stop }
            // The holder may not have noticed yet. It is respected as long as if its lease were still there.
            if let observed, !observed.holder.isEmpty, observed.holder != identity, !hasRunOut(observed, at: now) {
                return .wait
            }
            return .create
        }
        if observation != observed {
            observed = observation
            observedAt = now
        }
        if observation.holder == identity {
            // Also a write of ours whose answer was lost. It counts from the next one on, whose sending is known.
            return .take(version: observation.version)
        }
        if wasLeader {
            leadsUntil = nil
            return .stop
        }
        if observation.holder.isEmpty { return .take(version: observation.version) }
        return hasRunOut(observation, at: now) ? .take(version: observation.version) : .wait
    }

    private func hasRunOut(_ observation: Observation, at now: Time) -> Bool {
        guard let observedAt else { return false }
        return observedAt.duration(to: now) >= max(observation.duration, timing.leaseDuration)
    }

    /// A write of ours was acknowledged.
    /// - Parameter sent: when it was sent.
    public mutating func wrote(_ observation: Observation, sent: Time, received: Time) {
        // A leader whose time ran out while it waited for the answer has stopped, and stays so.
        let hasExpired = leadsUntil.map { received >= $0 } ?? false
        observed = observation
        observedAt = received
        leadsUntil = hasExpired ? leadsUntil : sent.advanced(by: timing.renewDeadline)
    }

    /// Leading has been given up, or had run out and is sought again.
    public mutating func resigned() { leadsUntil = nil }
}
