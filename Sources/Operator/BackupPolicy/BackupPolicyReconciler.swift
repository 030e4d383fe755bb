import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import RecoveryAPI

/// Makes Backups when they are due, and says whether the objective is met.
struct BackupPolicyReconciler: Sendable {
    let context: OperatorContext
    let policies: Informer<BackupPolicy>
    let backups: Informer<Backup>
    let stores: Informer<BackupStore>

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let policy = policies.get(key), !policy.isBeingDeleted else { return .done }
        let input = BackupPolicyDecision.Input(
            policy: policy,
            backups: backups.list(namespace: key.namespace).filter { $0.spec.policyRef.name == key.name },
            storeProblem: try await storeProblem(policy), now: context.now())
        let output = BackupPolicyDecision.decide(input)
        // The backup first: its name is the slot's, so that doing it again after a crash finds it there.
        if let new = output.create { try await create(new, of: policy) }
        var changed = policy
        changed.status = output.status
        try await context.write(changed, unless: changed.status == policy.status)
        announce(before: policy, after: changed)
        guard let wake = output.wakeAt else { return .done }
        return .requeue(after: .seconds(max(0.2, wake.timeIntervalSince(context.now()))))
    }

    private func storeProblem(_ policy: BackupPolicy) async throws -> BackupPolicyDecision.Problem? {
        let name = policy.spec.storeRef.name
        guard let store = stores.get(ObjectKey(namespace: policy.namespace, name: name)) else {
            return .init(
                reason: Reason.storeMissing,
                message: "spec.storeRef: there is no BackupStore \"\(name)\" in the namespace \"\(policy.namespace)\"")
        }
        guard let ready = store.status?.conditions?[ConditionType.ready], ready.status == .true else {
            let why = store.status?.conditions?[ConditionType.ready]?.message ?? "it was not probed yet"
            return .init(reason: Reason.storeNotReady, message: "the BackupStore \"\(name)\" is not ready: \(why)")
        }
        return try await context.writers.problem(policy, store, now: context.now())
    }

    private func create(_ new: BackupPolicyDecision.NewBackup, of policy: BackupPolicy) async throws {
        // No owner: deleting the policy leaves its backups.
        let backup = Backup(
            metadata: ObjectMeta(
                name: new.name, namespace: policy.namespace, labels: ["dr.hotswap.io/policy": String(policy.name.prefix(63))]),
            spec: Backup.Spec(
                policyRef: ObjectReference(name: policy.name), storeRef: policy.spec.storeRef, slot: new.slot, trigger: new.trigger))
        do {
            _ = try await context.client.create(backup)
            context.recorder.record(
                .normal, reason: Reason.backupScheduled, action: "Schedule", "made the Backup \(new.name)", about: policy)
        } catch let error as KubernetesError where error.isAlreadyExists {
            // Made before a crash, or by another operator: adopted.
        }
    }

    private func announce(before: BackupPolicy, after: BackupPolicy) {
        for type in [ConditionType.ready, ConditionType.objectiveMet] {
            guard let new = after.status?.conditions?[type] else { continue }
            let old = before.status?.conditions?[type]
            guard old?.status != new.status || old?.reason != new.reason, new.status == .false || old?.status == .false else { continue }
            context.recorder.record(
                new.status == .false ? .warning : .normal, reason: new.reason, action: "Evaluate", new.message, about: after)
        }
    }
}
