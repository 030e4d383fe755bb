public import KubernetesClient
import KubernetesModel
public import Logging
import Foundation
import Synchronization

/// The lease was lost: whoever led must not go on.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
    public var description: String
}

/// Holds a Lease while it works.
///
/// **Expected flow.** ``run(_:)`` waits until the lease is ours, runs the work, renews meanwhile, and gives the lease up
/// when the work has ended by itself or by cancellation, never before.
/// **Errors.** ``LeadershipLost`` when the lease could not be renewed in time or another took it. The work was cancelled;
/// if it did not end before another may lead, `abandon` was called, which must end the process.
public final class LeaderElector: Sendable {
    public typealias Timing = ElectionMachine<ContinuousClock.Instant>.Timing

    private let client: KubernetesClient
    private let namespace: String
    private let name: String
    private let identity: String
    private let timing: Timing
    private let abandon: @Sendable () -> Void
    private let logger: Logger
    private let machine: Mutex<ElectionMachine<ContinuousClock.Instant>>
    private let lastRound = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - identity: no two processes may share it; a new process has a new one.
    ///   - abandon: called when work goes on that must not; ends the process at once.
    public init(
        client: KubernetesClient, namespace: String, name: String, identity: String, timing: Timing = Timing(),
        logger: Logger, abandon: @escaping @Sendable () -> Void
    ) {
        self.client = client
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self.timing = timing
        self.abandon = abandon
        self.logger = logger
        machine = Mutex(ElectionMachine(identity: identity, timing: timing))
    }

    public var isLeader: Bool { machine.withLock { $0.isLeader(at: .now) } }
    /// The last known holder.
    public var holder: String { machine.withLock { $0.holder } }
    /// When it last began to look at the lease, for a liveness probe; nil before the first time.
    public var lastActivity: ContinuousClock.Instant? { lastRound.withLock { $0 } }

    /// Until `work` ends, or the task is cancelled, or the lease is lost.
    public func run(_ work: @escaping @Sendable () async -> Void) async throws {
        guard await acquire() else { return }
        logger.info("leading", metadata: ["lease": "\(namespace)/\(name)", "identity": "\(identity)"])
        let wasLost = await lead(work)
        if wasLost {
            throw LeadershipLost(
                description: holder.isEmpty || holder == identity
                    ? "the lease \(namespace)/\(name) could not be renewed in time: another process may lead now"
                    : "the lease \(namespace)/\(name) was lost to \(holder)")
        }
        await release()
    }

    // MARK: Acquiring

    /// - Returns: false when cancelled.
    private func acquire() async -> Bool {
        var reported = ""
        while !Task.isCancelled {
            machine.withLock { $0.resigned() }
            await round()
            if isLeader { return true }
            if holder != reported {
                reported = holder
                logger.info(
                    "waiting for the lease", metadata: ["lease": "\(namespace)/\(name)", "holder": "\(holder)"])
            }
            // At random, so that those who wait do not all write at once.
            try? await Task.sleep(for: timing.retryPeriod * Double.random(in: 1...2.2))
        }
        if isLeader { await release() }
        return false
    }

    /// One look at the lease and, where it may be ours, one write.
    /// - Returns: false when another has what we held.
    @discardableResult
    private func round() async -> Bool {
        lastRound.withLock { $0 = .now }
        do {
            let lease = try await client.readAtOnce(
                Lease.self, name, namespace: namespace, timeout: timing.requestTimeout)
            let action = machine.withLock { $0.read(lease.map(Self.observation), at: .now) }
            switch action {
            case .wait: return true
            case .stop: return false
            case .create, .take: return try await write(over: lease)
            }
        } catch let error as KubernetesError where error.isConflict || error.isAlreadyExists {
            return true
        } catch {
            if !Task.isCancelled {
                logger.warning(
                    "the lease was not reached", metadata: ["lease": "\(namespace)/\(name)", "error": "\(error)"])
            }
            return true
        }
    }

    private func write(over old: Lease?) async throws -> Bool {
        let time = Timestamp.formatMicroseconds(Date())
        var new = old ?? Lease(metadata: ObjectMeta(name: name, namespace: namespace))
        var spec = new.spec ?? Lease.Spec()
        if spec.holderIdentity != identity {
            spec.leaseTransitions = old == nil ? 0 : (spec.leaseTransitions ?? 0) + 1
            spec.acquireTime = time
        }
        spec.holderIdentity = identity
        spec.leaseDurationSeconds = Int(timing.leaseDuration.components.seconds)
        spec.renewTime = time
        new.spec = spec
        let sent = ContinuousClock.now
        let written = try await client.writeAtOnce(new, timeout: timing.requestTimeout)
        machine.withLock { $0.wrote(Self.observation(written), sent: sent, received: .now) }
        return true
    }

    private static func observation(_ lease: Lease) -> ElectionMachine<ContinuousClock.Instant>.Observation {
        .init(
            version: lease.metadata.resourceVersion ?? "", holder: lease.spec?.holderIdentity ?? "",
            duration: .seconds(min(3600, max(0, lease.spec?.leaseDurationSeconds ?? 0))))
    }

    // MARK: Leading

    private enum End: Sendable { case worked, lost, cancelled }

    /// - Returns: whether the lease was lost.
    private func lead(_ work: @escaping @Sendable () async -> Void) async -> Bool {
        let (losses, loss) = AsyncStream<Void>.makeStream()
        // Not a child: the lease is kept while the work is being cancelled, until it has ended.
        let keeping = Task {
            await keep()
            guard !Task.isCancelled else { return }
            logger.error("the lease is lost: stopping at once", metadata: ["lease": "\(namespace)/\(name)"])
            loss.yield()
            guard (try? await Task.sleep(for: grace)) != nil else { return }
            logger.critical("work goes on without the lease: ending the process")
            abandon()
        }
        let wasLost = await withTaskGroup(of: End.self) { group in
            group.addTask {
                await work()
                return .worked
            }
            group.addTask {
                for await _ in losses { return .lost }
                return .cancelled
            }
            var wasLost = false
            while let end = await group.next(), end != .worked {
                if end == .lost {
                    wasLost = true
                    group.cancelAll()
                }
            }
            group.cancelAll()
            return wasLost
        }
        keeping.cancel()
        await keeping.value
        return wasLost || !isLeader
    }

    /// What is left, with something to spare, between the end of our time and the beginning of another's.
    private var grace: Duration { (timing.leaseDuration - timing.renewDeadline) * 0.6 }

    /// Renews until the lease is lost, or cancelled.
    private func keep() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: timing.retryPeriod)
                    guard !Task.isCancelled, await round() else { return }
                }
            }
            // A round may hang longer than there is time.
            group.addTask { [self] in
                while !Task.isCancelled {
                    guard let deadline = machine.withLock({ $0.deadline }), deadline > .now else { return }
                    try? await Task.sleep(until: deadline, clock: .continuous)
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Another may lead at once. Not earlier than the work has ended.
    private func release() async {
        let version = machine.withLock { machine in
            machine.resigned()
            return machine.version
        }
        // Not a child: it is sent even though we are being cancelled.
        await Task {
            do {
                guard
                    var lease = try await client.readAtOnce(
                        Lease.self, name, namespace: namespace, timeout: .seconds(3)),
                    lease.spec?.holderIdentity == identity, lease.metadata.resourceVersion == version
                else { return }
                lease.spec?.holderIdentity = ""
                lease.spec?.leaseDurationSeconds = 1
                lease.spec?.renewTime = Timestamp.formatMicroseconds(Date())
                _ = try await client.writeAtOnce(lease, timeout: .seconds(3))
                logger.info("the lease is released", metadata: ["lease": "\(namespace)/\(name)"])
            } catch {
                logger.warning(
                    "the lease was not released: another leads when it runs out", metadata: ["error": "\(error)"])
            }
        }.value
    }
}
