import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Proves backups, as many at a time as it is told, and none while a recovery runs: that has the machine for itself.
final class VerificationReconciler: Sendable {
    private struct State {
        var ends: [String: VerificationDecision.End] = [:]
        /// The activities that have a place, by their object.
        var places: [ObjectKey: String] = [:]
        var waiting: Set<ObjectKey> = []
    }

    private let context: OperatorContext
    private let backups: Informer<Backup>
    private let runs: Informer<RecoveryRun>
    private let limit: Int
    private let state = Mutex(State())
    private let wake: @Sendable (ObjectKey) async -> Void

    init(
        context: OperatorContext, backups: Informer<Backup>, runs: Informer<RecoveryRun>, limit: Int = 1,
        wake: @escaping @Sendable (ObjectKey) async -> Void
    ) {
        self.context = context
        self.backups = backups
        self.runs = runs
        self.limit = limit
        self.wake = wake
    }

    /// What the beginning or the end of a recovery concerns.
    func concerned() -> [ObjectKey] { state.withLock { Array($0.waiting.union($0.places.keys)) } }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = backups.get(key), !cached.isBeingDeleted else {
            if let activity = state.withLock({ $0.places[key] }) { context.activities.cancel(activity) }
            _ = state.withLock { $0.waiting.remove(key) }
            return .done
        }
        guard cached.isBeingVerified else { return .done }
        // The cache may be behind our own last write: what is decided here must not be done twice.
        guard let backup = try await context.client.getIfPresent(Backup.self, key.name, namespace: key.namespace),
            backup.isBeingVerified
        else { return .done }
        let activity = "verify/\(backup.metadata.uid ?? key.description)"
        let end = state.withLock { $0.ends[activity] }
        // An activity that has told its end is over, also where its task is not gone yet.
        let isRunning = end == nil && context.activities.isRunning(activity)
        let recovery = runningRecovery()
        let hasPlace = !isRunning && end?.isFinal != true && recovery == nil && takePlace(key, activity)
        let output = VerificationDecision.decide(
            VerificationDecision.Input(
                backup: backup, isRunning: isRunning, end: end,
                hold: recovery.map { "a recovery is running: \($0)" }
                    ?? (hasPlace ? nil : "another backup is being verified"),
                isUrgent: recovery != nil, now: context.now()))
        if output.start == nil, hasPlace { await leavePlace(key, activity) }
        if output.cancel { context.activities.cancel(activity) }
        var changed = backup
        changed.status = output.status
        do {
            try await context.write(changed, unless: changed.status == backup.status)
        } catch {
            if output.start != nil { await leavePlace(key, activity) }
            throw error
        }
        state.withLock { $0.ends[activity] = nil }
        if let event = output.event {
            context.recorder.record(
                event.isGood ? .normal : .warning, reason: event.reason, action: "Verify", event.message, about: backup)
        }
        if let end, let result = end.result { context.metrics.verified(result: result) }
        if let token = output.start, !start(backup, token, activity) { return .requeue(after: .seconds(1)) }
        guard let wakeAt = output.wakeAt else { return .done }
        return .requeue(after: .seconds(max(0.2, wakeAt.timeIntervalSince(context.now()))))
    }

    private func runningRecovery() -> String? {
        let now = context.now()
        return runs.list().first { $0.holdsProofsUp(now: now) }?.reference.description
    }

    private func takePlace(_ key: ObjectKey, _ activity: String) -> Bool {
        state.withLock { state in
            if state.places[key] == activity { return true }
            guard state.places.count < limit else {
                state.waiting.insert(key)
                return false
            }
            state.waiting.remove(key)
            state.places[key] = activity
            return true
        }
    }

    private func leavePlace(_ key: ObjectKey, _ activity: String) async {
        let next = state.withLock { state -> Set<ObjectKey> in
            if state.places[key] == activity { state.places[key] = nil }
            defer { state.waiting = [] }
            return state.waiting
        }
        for key in next { await wake(key) }
    }

    /// - Returns: false when the task of the last attempt is just about to end.
    private func start(_ backup: Backup, _ token: String, _ activity: String) -> Bool {
        let key = backup.reference
        let isStarted = context.activities.start(activity) { [self] in
            let end: VerificationDecision.End
            do {
                end = try await VerificationWork(context: context, backup: backup, token: token).run()
            } catch {
                // Shut down: the object says that it is under way, and the next operator starts over.
                if Task.isCancelled, !context.activities.wasCancelled(activity) { return }
                let store = ObjectKey(namespace: backup.namespace, name: backup.spec.storeRef.name)
                if !Task.isCancelled { await context.doubts.cast(on: store, error) }
                end = Task.isCancelled ? .interrupted : VerificationWork.failure(error)
            }
            state.withLock { $0.ends[activity] = end }
            await leavePlace(key, activity)
            await wake(key)
        }
        if !isStarted {
            state.withLock { state in
                state.ends[activity] = .interrupted
                state.places[key] = nil
            }
        }
        return isStarted
    }
}

extension RecoveryRun {
    /// How long one that has not begun is expected to begin at any moment.
    static let beginning: TimeInterval = 300

    /// Whether it has the machine for itself: it runs, or is about to. One that waits, for a person or for what does not
    /// come, holds no proof up.
    func holdsProofsUp(now: Date) -> Bool {
        switch status?.state {
        case .running: return true
        case nil, .pending:
            guard spec.desiredState != .paused, !(status?.conditions?.isTrue(ConditionType.stalled) ?? false),
                let created = metadata.creationTimestamp
            else { return false }
            return abs(now.timeIntervalSince(created)) < Self.beginning
        default: return false
        }
    }
}

extension VerificationDecision.End {
    /// After which nothing is started in the same pass.
    fileprivate var isFinal: Bool {
        if case .interrupted = self { return false }
        return true
    }

    /// Of the metric.
    fileprivate var result: String? {
        switch self {
        case .verdict(let proof): proof.verdict == .proven ? "verified" : "broken"
        case .checked: "checked"
        case .failed: "error"
        case .interrupted: nil
        }
    }
}
