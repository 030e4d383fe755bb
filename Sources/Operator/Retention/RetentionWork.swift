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
        let backups = try await context.client.list(Backup.self, namespace: namespace).items.filter { $0.spec.policyRef.name == policy.name }
        let now = context.now()
        let expiry = Expiry(store, cache: context.catalogues.cache(storeResource))
        let decision = try await expiry.review(
            policy.retentionRules, namespace: namespace, policy: policy.name, verified: try await verified(backups, store),
            known: Set(backups.filter(\.isComplete).map(\.name)), now: now)
        if !decision.expired.isEmpty { KillPoint.retentionDecided.reached() }
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
        let storeResource = try await context.resolver.storeResource(policy.spec.storeRef.name, namespace: policy.namespace)
        let store = try await context.resolver.store(storeResource)
        try await context.writers.require(policy, storeResource, store, now: context.now())
        let (_, locked) = try await Expiry(store, cache: context.catalogues.cache(storeResource)).eraseAll(
            namespace: policy.namespace, policy: policy.name, now: context.now().wholeSeconds, writer: context.identity)
        let all = try await context.client.list(Backup.self, namespace: policy.namespace).items
            .filter { $0.spec.policyRef.name == policy.name && !locked.contains($0.name) }
        try await Self.forget(all.map(\.name), of: policy, context.client)
        return locked
    }

    /// The names of proven backups: of the store's proofs, and of those that the cluster remembers.
    private func verified(_ backups: [Backup], _ store: any ObjectStore) async throws -> Set<String> {
        try await Proofs(store).verified(namespace: policy.namespace, policy: policy.name)
            .union(backups.filter { $0.status?.conditions?.isTrue(ConditionType.restoreVerified) ?? false }.map(\.name))
    }

    /// Only the objects go that stood for these backups: one that was made anew under the name has another UID.
    static func forget(_ names: [String], of policy: BackupPolicy, _ client: KubernetesClient) async throws {
        for name in names {
            guard let backup = try await client.getIfPresent(Backup.self, name, namespace: policy.namespace),
                backup.spec.policyRef.name == policy.name, !backup.isUnderWay
            else { continue }
            do {
                try await client.delete(
                    Backup.self, name, namespace: policy.namespace, preconditions: Preconditions(uid: backup.metadata.uid))
            } catch let error as KubernetesError where error.isNotFound || error.reason == .conflict {}
        }
    }
}
