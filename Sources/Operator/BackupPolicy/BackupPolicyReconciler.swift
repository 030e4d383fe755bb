import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import ObjectStore
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Makes Backups when they are due, and says whether the objective is met.
struct BackupPolicyReconciler: Sendable {
    let context: OperatorContext
    let policies: Informer<BackupPolicy>
    let backups: Informer<Backup>
    let stores: Informer<BackupStore>
    let known = KnownProofs()

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let policy = policies.get(key), !policy.isBeingDeleted else {
            context.metrics.policy(namespace: key.namespace, name: key.name, nil)
            return .done
        }
        let storeProblem = try await storeProblem(policy)
        let input = BackupPolicyDecision.Input(
            policy: policy,
            backups: backups.list(namespace: key.namespace).filter { $0.spec.policyRef.name == key.name },
            storeProblem: storeProblem, proofs: storeProblem == nil ? await proofs(policy) : [], now: context.now())
        let output = BackupPolicyDecision.decide(input)
        // Where the data goes with the policy, nothing is stored before the server knows that.
        if output.create != nil, try await !RetentionReconciler.secureData(of: policy, context.client) {
            return .requeue(after: .seconds(1))
        }
        // The backup first: its name is the slot's, so that doing it again after a crash finds it there.
        if let new = output.create { try await create(new, of: policy) }
        if let request = output.verify { try await ask(request, of: policy) }
        var changed = policy
        changed.status = output.status
        try await context.write(changed, unless: changed.status == policy.status)
        announce(before: policy, after: changed)
        context.metrics.policy(
            namespace: key.namespace, name: key.name,
            PolicyFacts(
                recoverableTo: output.status.recoverableTo, lastVerificationTime: output.status.lastVerificationTime,
                lastVerificationSeconds: output.status.lastVerificationSeconds, rpo: policy.spec.objective?.rpo.seconds,
                credentialEndsAt: output.status.credentialEndsAt))
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

    /// Read once: from then on the Backups tell. A policy that has a proof needs none of the store's.
    private func proofs(_ policy: BackupPolicy) async -> [Proof] {
        let uid = policy.metadata.uid ?? policy.reference.description
        if let proofs = known.all.withLock({ $0[uid] }) { return proofs }
        guard policy.status?.lastVerificationTime == nil else { return [] }
        do {
            let store = try await context.resolver.store(named: policy.spec.storeRef.name, namespace: policy.namespace)
            let proofs = try await Proofs(store).list(namespace: policy.namespace, policy: policy.name)
            known.all.withLock { $0[uid] = proofs }
            return proofs
        } catch {
            await context.doubts.cast(
                on: ObjectKey(namespace: policy.namespace, name: policy.spec.storeRef.name), error)
            context.logger.warning(
                "the proofs of a policy cannot be read",
                metadata: ["policy": "\(policy.reference)", "error": "\(error)"])
            return []
        }
    }

    /// The token is the slot's, so that asking again after a crash asks for nothing new.
    private func ask(_ request: PolicyVerification.Request, of policy: BackupPolicy) async throws {
        do {
            _ = try await context.client.patch(
                Backup.self, request.backup, namespace: policy.namespace,
                merge: ["metadata": ["annotations": [Backup.verifyAnnotation: .string(request.token)]]])
            context.recorder.record(
                .normal, reason: Reason.verificationRequested, action: "Verify",
                "the backup \(request.backup) is to be proven", about: policy)
        } catch let error as KubernetesError where error.isNotFound {
            // Deleted meanwhile: the next newest is asked.
        }
    }

    private func create(_ new: BackupPolicyDecision.NewBackup, of policy: BackupPolicy) async throws {
        // No owner: deleting the policy leaves its backups.
        let backup = Backup(
            metadata: ObjectMeta(
                name: new.name, namespace: policy.namespace,
                labels: ["dr.hotswap.io/policy": LabelValue.of(policy.name)]),
            spec: Backup.Spec(
                policyRef: ObjectReference(name: policy.name), storeRef: policy.spec.storeRef, slot: new.slot,
                trigger: new.trigger))
        do {
            _ = try await context.client.create(backup)
            context.recorder.record(
                .normal, reason: Reason.backupScheduled, action: "Schedule", "made the Backup \(new.name)",
                about: policy)
        } catch let error as KubernetesError where error.isAlreadyExists {
            // Made before a crash, or by another operator: adopted.
        }
    }

    private func announce(before: BackupPolicy, after: BackupPolicy) {
        for type in [
            ConditionType.ready, ConditionType.objectiveMet, ConditionType.verified, ConditionType.credentialLasts,
        ] {
            guard let new = after.status?.conditions?[type] else { continue }
            let old = before.status?.conditions?[type]
            guard old?.status != new.status || old?.reason != new.reason, new.status == .false || old?.status == .false
            else { continue }
            // Every policy begins so.
            if new.reason == Reason.neverVerified { continue }
            context.recorder.record(
                new.status == .false ? .warning : .normal, reason: new.reason, action: "Evaluate", new.message,
                about: after)
        }
    }
}

/// What the store knew of a policy's verdicts when this operator first asked, by the policy's UID.
final class KnownProofs: Sendable {
    let all = Mutex<[String: [Proof]]>([:])
}
