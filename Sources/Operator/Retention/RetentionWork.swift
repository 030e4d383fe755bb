import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// Deletes what a policy's rules let go: the store's objects, then the Backups that stood for them.
struct RetentionWork: Sendable {
    let context: OperatorContext
    let policy: BackupPolicy

    struct Report: Sendable, Hashable {
        var expired: [String]
        var kept: Int
    }

    func run() async throws -> Report {
        let namespace = policy.namespace
        let storeResource = try await context.resolver.storeResource(policy.spec.storeRef.name, namespace: namespace)
        let store = try await context.resolver.store(storeResource)
        try await context.writers.require(policy, storeResource, store, now: context.now())
        let backups = try await context.client.list(Backup.self, namespace: namespace).items.filter {
            $0.spec.policyRef.name == policy.name
        }
        let now = context.now()
        let expiry = Expiry(store, cache: context.catalogues.cache(storeResource))
        let decision = try await expiry.review(
            policy.retentionRules, namespace: namespace, policy: policy.name,
            verdicts: try await verdicts(backups, store),
            known: Set(backups.filter(\.isComplete).map(\.name)), now: now)
        if !decision.expired.isEmpty { KillPoint.retentionDecided.reached() }
        try await confirmExpiry()
        let gone = try await expiry.perform(
            decision, namespace: namespace, policy: policy.name, running: Set(backups.filter(\.isUnderWay).map(\.name)),
            now: now.wholeSeconds, writer: context.identity
        ) { names in
            KillPoint.retentionErased.reached()
            try await Self.forget(names, of: policy, context.client)
        }
        return Report(expired: gone, kept: decision.kept.count)
    }

    /// All of the policy's data, and its Backups.
    /// - Returns: The names of the backups that the store does not let go yet.
    func eraseAll() async throws -> [String] {
        let storeResource = try await context.resolver.storeResource(
            policy.spec.storeRef.name, namespace: policy.namespace)
        let store = try await context.resolver.store(storeResource)
        try await context.writers.require(policy, storeResource, store, now: context.now())
        let (_, locked) = try await Expiry(store, cache: context.catalogues.cache(storeResource)).eraseAll(
            namespace: policy.namespace, policy: policy.name, now: context.now().wholeSeconds, writer: context.identity,
            confirm: confirmErasure)
        let all = try await context.client.list(Backup.self, namespace: policy.namespace).items
            .filter { $0.spec.policyRef.name == policy.name && !locked.contains($0.name) }
        try await Self.forget(all.map(\.name), of: policy, context.client)
        return locked
    }

    /// That what was decided is not what is wanted any more: nothing is deleted, and it is looked at anew.
    struct Outdated: Error {
        var why: String
    }

    /// The policy that was decided about may be another by now: a cache is behind, a person was faster. What is deleted cannot
    /// be brought back, so that the server is asked just before.
    private func confirmExpiry() async throws {
        let current = try await context.client.getIfPresent(BackupPolicy.self, policy.name, namespace: policy.namespace)
        let runs = try await context.client.list(RecoveryRun.self, namespace: policy.namespace).items
        if let why = Self.changeSinceExpiry(of: policy, current, runs) { throw Outdated(why: why) }
    }

    private func confirmErasure() async throws {
        let current = try await context.client.getIfPresent(BackupPolicy.self, policy.name, namespace: policy.namespace)
        if let why = Self.changeSinceDeletion(of: policy, current) { throw Outdated(why: why) }
    }

    /// Why nothing may expire by what was decided; nil when it may.
    static func changeSinceExpiry(of policy: BackupPolicy, _ current: BackupPolicy?, _ runs: [RecoveryRun]) -> String? {
        guard let current, current.metadata.uid == policy.metadata.uid else {
            return "the policy is another one by now"
        }
        if current.isBeingDeleted { return "the policy is being deleted" }
        guard current.metadata.generation == policy.metadata.generation else { return "the policy's spec has changed" }
        if current.spec.suspend ?? false { return "the policy is suspended" }
        return runs.first(where: \.isUnderWay).map { "the RecoveryRun \($0.name) is not over" }
    }

    /// Why the data may not go with the policy; nil when it may.
    static func changeSinceDeletion(of policy: BackupPolicy, _ current: BackupPolicy?) -> String? {
        guard let current, current.metadata.uid == policy.metadata.uid, current.isBeingDeleted else {
            return "the policy is gone, or another one has its name by now"
        }
        guard current.spec.onDelete == .delete else { return "spec.onDelete is not Delete any more" }
        // Taken away by hand, the data was let go.
        guard current.metadata.finalizers?.contains(BackupPolicy.dataFinalizer) ?? false else {
            return "its finalizer is gone"
        }
        return nil
    }

    /// What the store's proofs say, and what the cluster remembers.
    private func verdicts(_ backups: [Backup], _ store: any ObjectStore) async throws -> Verdicts {
        var verdicts = try await Proofs(store).verdicts(namespace: policy.namespace, policy: policy.name)
        for backup in backups {
            guard let isProven = backup.isProven, let fingerprint = backup.status?.fingerprint else { continue }
            verdicts.note(isProven ? .proven : .broken, backup: backup.name, fingerprintDigest: fingerprint)
        }
        return verdicts
    }

    /// Only the objects go that stood for these backups: one that was made anew under the name has another UID.
    static func forget(_ names: [String], of policy: BackupPolicy, _ client: KubernetesClient) async throws {
        for name in names {
            guard let backup = try await client.getIfPresent(Backup.self, name, namespace: policy.namespace),
                backup.spec.policyRef.name == policy.name, !backup.isUnderWay
            else { continue }
            do {
                try await client.delete(
                    Backup.self, name, namespace: policy.namespace,
                    preconditions: Preconditions(uid: backup.metadata.uid))
            } catch let error as KubernetesError where error.isNotFound || error.reason == .conflict {}
        }
    }
}
