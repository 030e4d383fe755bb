import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Takes backups. The work itself is an activity; a pass only starts it and writes down how it ended.
final class BackupReconciler: Sendable {
    private let context: OperatorContext
    private let backups: Informer<Backup>
    private let policies: Informer<BackupPolicy>
    private let ends = Mutex<[String: BackupDecision.End]>([:])
    /// Which activities may be, and the newest of each object, for the day that the object is deleted under it.
    private let places: WorkPlaces
    private let wake: @Sendable (ObjectKey) async -> Void

    /// - Parameter limit: So many backups are made at a time: each has a dump, a compressor and an upload.
    init(
        context: OperatorContext, backups: Informer<Backup>, policies: Informer<BackupPolicy>, limit: Int,
        wake: @escaping @Sendable (ObjectKey) async -> Void
    ) {
        self.context = context
        self.backups = backups
        self.policies = policies
        places = WorkPlaces(limit)
        self.wake = wake
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = backups.get(key), !cached.isBeingDeleted else {
            cancelDeleted(key)
            await standAside(key)
            return .done
        }
        // The cache may be behind our own last write: what is decided here must not be done twice.
        guard !cached.isTerminal,
            let backup = try await context.client.getIfPresent(Backup.self, key.name, namespace: key.namespace)
        else {
            await standAside(key)
            return .done
        }
        let activity = "backup/\(backup.metadata.uid ?? key.description)"
        let end = ends.withLock { $0[activity] }
        // An activity that has told its end is over, also where its task is not gone yet.
        let isRunning = end == nil && context.activities.isRunning(activity)
        let existing = isRunning || end != nil ? nil : try await existing(backup)
        let hasPlace = !isRunning && end == nil && places.take(key, activity)
        var input = BackupDecision.Input(
            backup: backup, manifest: existing?.manifest, proof: existing?.proof, isRunning: isRunning, end: end,
            hold: hasPlace
                ? nil : "waits for a place: \(places.limit) backups are being made (--max-concurrent-backups)",
            now: context.now())
        let policy = policies.get(ObjectKey(namespace: key.namespace, name: backup.spec.policyRef.name))
        if backup.spec.slot != nil, let span = policy?.spec.schedule?.startingDeadline {
            input.patience = TimeInterval(span.seconds)
        }
        input.abandoned = BackupDecision.abandonment(backup, policy)
        let output = BackupDecision.decide(input)
        if hasPlace, !output.start { await leavePlace(key, activity) }
        if output.status.conditions?[ConditionType.ready]?.reason != Reason.queued { await standAside(key) }
        var changed = backup
        changed.status = output.status
        do {
            try await context.write(changed, unless: changed.status == backup.status)
        } catch {
            if output.start { await leavePlace(key, activity) }
            throw error
        }
        ends.withLock { $0[activity] = nil }
        if let result = output.result { context.metrics.backedUp(result: result) }
        if let event = output.event {
            context.recorder.record(
                event.isGood ? .normal : .warning, reason: event.reason, action: "Backup", event.message, about: backup)
        }
        if output.start, !(await start(backup, activity)) { return .requeue(after: .seconds(1)) }
        guard let wakeAt = output.wakeAt else { return .done }
        return .requeue(after: .seconds(max(0.2, wakeAt.timeIntervalSince(context.now()))))
    }

    private static func store(of backup: Backup) -> ObjectKey {
        ObjectKey(namespace: backup.namespace, name: backup.spec.storeRef.name)
    }

    /// A store that cannot be reached now is the attempt's to report, not a reason to loop here.
    private func existing(_ backup: Backup) async throws -> (manifest: Manifest, proof: Proof?)? {
        do {
            let store = try await context.resolver.store(named: backup.spec.storeRef.name, namespace: backup.namespace)
            let policy = backup.spec.policyRef.name
            guard
                let manifest = try await Catalogue(store).manifest(
                    namespace: backup.namespace, policy: policy, backup: backup.name)
            else { return nil }
            return (
                manifest,
                try await Proofs(store).proof(namespace: backup.namespace, policy: policy, backup: backup.name)
            )
        } catch let error as CancellationError {
            throw error
        } catch {
            await context.doubts.cast(on: Self.store(of: backup), error)
            return nil
        }
    }

    /// A Backup that is gone is not taken any further. What it has stored stays: without a manifest it is no backup, and
    /// one of the same name may be made anew.
    private func cancelDeleted(_ key: ObjectKey) {
        if let activity = places.activity(of: key) { context.activities.cancel(activity) }
    }

    private func leavePlace(_ key: ObjectKey, _ activity: String) async {
        for key in places.leave(key, activity) { await wake(key) }
    }

    private func standAside(_ key: ObjectKey) async {
        for key in places.standAside(key) { await wake(key) }
    }

    /// - Returns: false when the task of the last attempt is just about to end.
    private func start(_ backup: Backup, _ activity: String) async -> Bool {
        let key = backup.reference
        let isStarted = context.activities.start(activity) { [self] in
            let end: BackupDecision.End
            do {
                end = .complete(try await BackupWork(context: context, backup: backup).run())
            } catch {
                // Shut down: the object says Running, and the next operator goes on from there.
                if Task.isCancelled {
                    await leavePlace(key, activity)
                    return
                }
                await context.doubts.cast(on: Self.store(of: backup), error)
                end = BackupWork.failure(error)
            }
            ends.withLock { $0[activity] = end }
            await leavePlace(key, activity)
            await wake(key)
        }
        if !isStarted { await leavePlace(key, activity) }
        return isStarted
    }
}
