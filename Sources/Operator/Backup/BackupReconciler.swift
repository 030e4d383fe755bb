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
    private let ends = Mutex<[String: BackupDecision.End]>([:])
    /// The newest activity of each object, for the day that the object is deleted under it.
    private let started = Mutex<[ObjectKey: String]>([:])
    private let wake: @Sendable (ObjectKey) async -> Void

    init(context: OperatorContext, backups: Informer<Backup>, wake: @escaping @Sendable (ObjectKey) async -> Void) {
        self.context = context
        self.backups = backups
        self.wake = wake
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = backups.get(key), !cached.isBeingDeleted else {
            cancelDeleted(key)
            return .done
        }
        if cached.isTerminal { return .done }
        // The cache may be behind our own last write: what is decided here must not be done twice.
        guard let backup = try await context.client.getIfPresent(Backup.self, key.name, namespace: key.namespace) else { return .done }
        let activity = "backup/\(backup.metadata.uid ?? key.description)"
        let end = ends.withLock { $0[activity] }
        // An activity that has told its end is over, also where its task is not gone yet.
        let isRunning = end == nil && context.activities.isRunning(activity)
        let existing = isRunning || end != nil ? nil : try await existing(backup)
        let input = BackupDecision.Input(
            backup: backup, manifest: existing?.manifest, proof: existing?.proof, isRunning: isRunning, end: end, now: context.now())
        let output = BackupDecision.decide(input)
        var changed = backup
        changed.status = output.status
        try await context.write(changed, unless: changed.status == backup.status)
        ends.withLock { $0[activity] = nil }
        if let result = output.result { context.metrics.backedUp(result: result) }
        if let event = output.event {
            context.recorder.record(event.isGood ? .normal : .warning, reason: event.reason, action: "Backup", event.message, about: backup)
        }
        if output.start { start(backup, activity) }
        guard let wakeAt = output.wakeAt else { return .done }
        return .requeue(after: .seconds(max(0.2, wakeAt.timeIntervalSince(context.now()))))
    }

    /// A store that cannot be reached now is the attempt's to report, not a reason to loop here.
    private func existing(_ backup: Backup) async throws -> (manifest: Manifest, proof: Proof?)? {
        do {
            let store = try await context.resolver.store(named: backup.spec.storeRef.name, namespace: backup.namespace)
            let policy = backup.spec.policyRef.name
            guard let manifest = try await Catalogue(store).manifest(namespace: backup.namespace, policy: policy, backup: backup.name)
            else { return nil }
            return (manifest, try await Proofs(store).proof(namespace: backup.namespace, policy: policy, backup: backup.name))
        } catch let error as CancellationError {
            throw error
        } catch {
            return nil
        }
    }

    /// A Backup that is gone is not taken any further. What it has stored stays: without a manifest it is no backup, and
    /// one of the same name may be made anew.
    private func cancelDeleted(_ key: ObjectKey) {
        guard let activity = started.withLock({ $0.removeValue(forKey: key) }) else { return }
        context.activities.cancel(activity)
    }

    private func start(_ backup: Backup, _ activity: String) {
        let key = backup.reference
        started.withLock { $0[key] = activity }
        context.activities.start(activity) { [self] in
            let end: BackupDecision.End
            do {
                end = .complete(try await BackupWork(context: context, backup: backup).run())
            } catch {
                // Shut down: the object says Running, and the next operator goes on from there.
                if Task.isCancelled { return }
                end = BackupWork.failure(error)
            }
            ends.withLock { $0[activity] = end }
            started.withLock { started in
                if started[key] == activity { started[key] = nil }
            }
            await wake(key)
        }
    }
}
