import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Keeps a policy's retention: when something may expire it is looked for, in an activity of its own, and with a policy that
/// says so its data goes.
final class RetentionReconciler: Sendable {
    private enum End: Sendable {
        case looked(RetentionWork.Report, at: Date, generation: Int64?)
        case erased(locked: [String])
        case failed(String)
        /// What was decided about is another by now: nothing was deleted.
        case outdated(String)
    }

    private let context: OperatorContext
    private let policies: Informer<BackupPolicy>
    private let backups: Informer<Backup>
    private let stores: Informer<BackupStore>
    private let runs: Informer<RecoveryRun>
    private let wake: @Sendable (ObjectKey) async -> Void
    /// Tells that a store's content has changed.
    private let changed: @Sendable (ObjectKey) async -> Void
    /// By activity. An end is counted once, however often it cannot be told.
    private let ends = Mutex<[String: (end: End, isNoted: Bool)]>([:])
    /// By UID: failures in a row.
    private let failures = Mutex<[String: (count: Int, last: String, retryAt: Date)]>([:])

    init(
        context: OperatorContext, policies: Informer<BackupPolicy>, backups: Informer<Backup>,
        stores: Informer<BackupStore>,
        runs: Informer<RecoveryRun>, wake: @escaping @Sendable (ObjectKey) async -> Void,
        changed: @escaping @Sendable (ObjectKey) async -> Void
    ) {
        self.context = context
        self.policies = policies
        self.backups = backups
        self.stores = stores
        self.runs = runs
        self.wake = wake
        self.changed = changed
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let policy = policies.get(key) else { return .done }
        let uid = policy.metadata.uid ?? key.description
        let activity = "retention/\(uid)"
        let end = ends.withLock { $0.removeValue(forKey: activity) }
        if let (end, isNoted) = end {
            if !isNoted { note(end, uid) }
            do {
                try await tell(end, policy)
            } catch {
                // A new activity may have ended meanwhile.
                ends.withLock { $0[activity] = $0[activity] ?? (end, true) }
                throw error
            }
            // What was written comes back and is looked at then.
            return .requeue(after: .seconds(1))
        }
        let isRunning = context.activities.isRunning(activity)
        if policy.isBeingDeleted { return try await delete(policy, uid, activity, isRunning: isRunning) }
        if isRunning { return .done }
        try await holdData(policy)
        return try await look(policy, uid, activity)
    }

    // MARK: Expiry

    private func look(_ policy: BackupPolicy, _ uid: String, _ activity: String) async throws -> ReconcileResult {
        let own = backups.list(namespace: policy.namespace).filter { $0.spec.policyRef.name == policy.name }
        let turn = RetentionTurn.decide(
            RetentionTurn.Input(
                policy: policy, backups: own, runs: runs.list(namespace: policy.namespace),
                isVerifying: context.isVerifying,
                problem: try await problem(policy), now: context.now()))
        switch turn {
        case .off:
            if policy.status?.retention != nil { try await patch(policy, .null) }
            return .done
        case .wait(let why, let until):
            var status = policy.status?.retention ?? BackupPolicy.RetentionStatus()
            // A failure is told until a look succeeds.
            if let why { status.message = why } else if failures.withLock({ $0[uid] }) == nil { status.message = nil }
            if status != policy.status?.retention ?? BackupPolicy.RetentionStatus() {
                try await patch(policy, try JSON(encoding: status))
            }
            return requeue(until)
        case .due:
            if let retryAt = failures.withLock({ $0[uid]?.retryAt }), retryAt > context.now() {
                return requeue(retryAt)
            }
            start(policy, activity) { [context] in
                let begun = context.now()
                let report = try await RetentionWork(context: context, policy: policy).run()
                return .looked(report, at: begun, generation: policy.metadata.generation)
            }
            return .done
        }
    }

    private func problem(_ policy: BackupPolicy) async throws -> String? {
        guard let store = stores.get(ObjectKey(namespace: policy.namespace, name: policy.spec.storeRef.name)) else {
            return "there is no BackupStore \"\(policy.spec.storeRef.name)\""
        }
        guard store.status?.conditions?.isTrue(ConditionType.ready) ?? false else {
            return "the BackupStore \"\(store.name)\" is not ready"
        }
        return try await context.writers.problem(policy, store, now: context.now())?.message
    }

    // MARK: Data that goes with its policy

    /// The finalizer is there exactly while the spec says that the data goes.
    private func holdData(_ policy: BackupPolicy) async throws {
        let finalizers = policy.metadata.finalizers ?? []
        let wanted = policy.spec.onDelete == .delete
        guard finalizers.contains(BackupPolicy.dataFinalizer) != wanted else { return }
        try await Self.write(
            finalizers: wanted
                ? finalizers + [BackupPolicy.dataFinalizer] : finalizers.filter { $0 != BackupPolicy.dataFinalizer },
            policy,
            context.client)
    }

    /// Before the first data of a policy is stored: with a policy that is deleted right after, it would stay.
    /// - Returns: Whether the policy that is at hand has it.
    static func secureData(of policy: BackupPolicy, _ client: KubernetesClient) async throws -> Bool {
        let finalizers = policy.metadata.finalizers ?? []
        guard policy.spec.onDelete == .delete, !finalizers.contains(BackupPolicy.dataFinalizer) else { return true }
        try await write(finalizers: finalizers + [BackupPolicy.dataFinalizer], policy, client)
        return false
    }

    private func delete(_ policy: BackupPolicy, _ uid: String, _ activity: String, isRunning: Bool) async throws
        -> ReconcileResult
    {
        let storeKey = ObjectKey(namespace: policy.namespace, name: policy.spec.storeRef.name)
        let store = stores.get(storeKey)
        let failure = failures.withLock { $0[uid] }
        var conflict: String?
        if let store, let problem = try await context.writers.problem(policy, store, now: context.now()),
            problem.reason == Reason.writerConflict
        {
            conflict = problem.message
        }
        let own = backups.list(namespace: policy.namespace).filter { $0.spec.policyRef.name == policy.name }
        let run = runs.list(namespace: policy.namespace).first(where: \.isUnderWay).map {
            "the RecoveryRun \($0.name) is not over"
        }
        let backup = own.first(where: \.isUnderWay).map { "the Backup \($0.name) is not over" }
        let decision = PolicyDeletion.decide(
            PolicyDeletion.Input(
                policy: policy, storeExists: store != nil, conflict: conflict, isRunning: isRunning,
                obstacle: run ?? backup,
                failures: failure?.count ?? 0, failure: failure?.last, now: context.now()))
        switch decision {
        case .free:
            failures.withLock { $0[uid] = nil }
            return .done
        case .letGo(let why):
            context.activities.cancel(activity)
            // Beside the event: none can be written in a namespace that is being deleted.
            context.logger.warning(
                "the data of a deleted policy stays in the store",
                metadata: ["policy": "\(policy.reference)", "reason": "\(why)"])
            context.recorder.record(
                .warning, reason: Reason.dataRetained, action: "Delete", "the policy's data stays in the store: \(why)",
                about: policy)
            try await release(policy)
            return .done
        case .wait(let until): return requeue(until)
        case .erase:
            if let failure, failure.retryAt > context.now() { return requeue(failure.retryAt) }
            start(policy, activity) { [context] in
                .erased(locked: try await RetentionWork(context: context, policy: policy).eraseAll())
            }
            return .done
        }
    }

    private func release(_ policy: BackupPolicy) async throws {
        try await Self.write(
            finalizers: (policy.metadata.finalizers ?? []).filter { $0 != BackupPolicy.dataFinalizer }, policy,
            context.client)
    }

    /// Refused by the server when the policy has changed meanwhile.
    private static func write(finalizers: [String], _ policy: BackupPolicy, _ client: KubernetesClient) async throws {
        var metadata: JSON = ["finalizers": .array(finalizers.map(JSON.string))]
        if let version = policy.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        do {
            _ = try await client.patch(
                BackupPolicy.self, policy.name, namespace: policy.namespace, merge: ["metadata": metadata])
        } catch let error as KubernetesError where error.isNotFound {}
    }

    // MARK: The work

    private func start(_ policy: BackupPolicy, _ activity: String, _ work: @escaping @Sendable () async throws -> End) {
        let key = policy.reference
        context.activities.start(activity) { [self] in
            let end: End
            do {
                end = try await work()
            } catch let error as RetentionWork.Outdated {
                end = .outdated(error.why)
            } catch {
                // Shut down: the next operator looks again, and finishes a list that was begun.
                if Task.isCancelled { return }
                await context.doubts.cast(
                    on: ObjectKey(namespace: key.namespace, name: policy.spec.storeRef.name), error)
                end = .failed("\(error)")
            }
            ends.withLock { $0[activity] = (end, false) }
            await changed(ObjectKey(namespace: key.namespace, name: policy.spec.storeRef.name))
            await wake(key)
        }
    }

    private func note(_ end: End, _ uid: String) {
        let now = context.now()
        failures.withLock { failures in
            guard case .failed(let message) = end else {
                failures[uid] = nil
                return
            }
            let count = (failures[uid]?.count ?? 0) + 1
            failures[uid] = (count, message, now.addingTimeInterval(PolicyDeletion.delay(count)))
        }
    }

    private func tell(_ end: End, _ policy: BackupPolicy) async throws {
        switch end {
        case .looked(let report, let time, let generation):
            var status = BackupPolicy.RetentionStatus()
            status.lastRun = time.wholeSeconds
            status.observedGeneration = generation
            status.expired = (policy.status?.retention?.expired ?? 0) + Int64(report.expired.count)
            status.kept = Int64(report.kept)
            status.next = time.wholeSeconds.addingTimeInterval(RetentionTurn.interval)
            try await patch(policy, try JSON(encoding: status))
            guard !report.expired.isEmpty else { return }
            context.recorder.record(
                .normal, reason: Reason.backupExpired, action: "Expire",
                "deleted from the store: \(Self.list(report.expired)); kept: \(report.kept)", about: policy)
        case .erased(let locked):
            if locked.isEmpty {
                context.recorder.record(
                    .normal, reason: Reason.dataDeleted, action: "Delete",
                    "the policy's data is deleted from the store", about: policy)
            } else {
                context.recorder.record(
                    .warning, reason: Reason.dataRetained, action: "Delete",
                    "the store does not let go yet of \(Self.list(locked)); the rest of the policy's data is deleted",
                    about: policy)
            }
            try await release(policy)
        case .outdated(let why):
            context.logger.info("nothing was deleted", metadata: ["policy": "\(policy.reference)", "why": "\(why)"])
        case .failed(let message):
            context.recorder.record(.warning, reason: Reason.retentionFailed, action: "Expire", message, about: policy)
            var status = policy.status?.retention ?? BackupPolicy.RetentionStatus()
            status.message = String(message.prefix(4096))
            try await patch(policy, try JSON(encoding: status))
        }
    }

    static func list(_ names: [String]) -> String {
        let shown = names.prefix(10).joined(separator: ", ")
        return names.count > 10 ? "\(shown) and \(names.count - 10) more backups" : shown
    }

    /// This part of the status alone: the rest is another controller's. What is not in it any more is taken away.
    private func patch(_ policy: BackupPolicy, _ status: JSON) async throws {
        var merged = status
        if status != .null {
            for name in ["lastRun", "observedGeneration", "expired", "kept", "next", "message"]
            where status[name] == nil {
                merged[name] = .null
            }
        }
        do {
            _ = try await context.client.patch(
                BackupPolicy.self, policy.name, namespace: policy.namespace,
                merge: ["status": StatusLimits.fit(["retention": merged], of: BackupPolicy.resourceType.kind)],
                subresource: "status")
        } catch let error as KubernetesError where error.isNotFound {}
    }

    private func requeue(_ until: Date) -> ReconcileResult {
        .requeue(after: .seconds(max(0.2, until.timeIntervalSince(context.now()))))
    }
}
