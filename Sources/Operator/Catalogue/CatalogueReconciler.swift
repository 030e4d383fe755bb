import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import ObjectStore
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Reads a store's catalogue: counts it, makes the Backups that the cluster lacks, and once a day finds and deletes orphans.
final class CatalogueReconciler: Sendable {
    private let context: OperatorContext
    private let stores: Informer<BackupStore>
    private let backups: Informer<Backup>
    private let policies: Informer<BackupPolicy>
    private let wake: @Sendable (ObjectKey) async -> Void
    private let dirty = Mutex<Set<ObjectKey>>([])

    init(
        context: OperatorContext, stores: Informer<BackupStore>, backups: Informer<Backup>,
        policies: Informer<BackupPolicy>,
        wake: @escaping @Sendable (ObjectKey) async -> Void
    ) {
        self.context = context
        self.stores = stores
        self.backups = backups
        self.policies = policies
        self.wake = wake
    }

    /// A store has other content than it was last told to have.
    @Sendable func changed(_ key: ObjectKey) async {
        dirty.withLock { _ = $0.insert(key) }
        await wake(key)
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let store = stores.get(key), !store.isBeingDeleted,
            store.status?.conditions?.isTrue(ConditionType.ready) ?? false
        else {
            return .done
        }
        let now = context.now()
        let isDirty = dirty.withLock { $0.remove(key) != nil }
        let clock = CatalogueDecision.Clock(status: store.status, isDirty: isDirty, now: now)
        if let rest = clock.rest { return .requeue(after: .seconds(rest)) }
        do {
            let isRestLeft = try await pass(store, clock, now)
            if isRestLeft { await changed(key) }
            return .requeue(after: .seconds(CatalogueDecision.Clock.interval))
        } catch {
            if isDirty { dirty.withLock { _ = $0.insert(key) } }
            await context.doubts.cast(on: key, error)
            throw error
        }
    }

    /// - Returns: Whether there is more to make.
    private func pass(_ resource: BackupStore, _ clock: CatalogueDecision.Clock, _ now: Date) async throws -> Bool {
        let store = try await context.resolver.store(resource)
        let cache = context.catalogues.cache(resource)
        var orphans: Orphans?
        let manifests: [Manifest]
        if clock.looksForOrphans {
            let found = try await Orphans.find(store, cache: cache)
            orphans = found.orphans
            manifests = found.manifests
        } else {
            manifests = try await Catalogue(store, cache: cache).list().manifests
        }
        let more = try await mirror(resource, store, manifests)
        var left = resource.status?.orphans
        if let orphans {
            do {
                left = try await clean(orphans, resource, store, now)
            } catch let error as CancellationError {
                throw error
            } catch {
                // The rest is true all the same. Tomorrow it is tried again.
                context.recorder.record(
                    .warning, reason: Reason.retentionFailed, action: "Clean", "\(error)", about: resource)
                left = BackupStore.Orphans(
                    objects: Int64(orphans.count), bytes: orphans.bytes, checkedAt: now.wholeSeconds)
            }
        }
        let bytes = manifests.reduce(0) { $0 + $1.storedBytes }
        let status: JSON = [
            "backups": .integer(Int64(manifests.count)), "bytes": .integer(bytes),
            "size": .string(ByteText.text(bytes)),
            "lastCatalogueTime": try JSON(encoding: now.wholeSeconds), "orphans": try JSON(encoding: left),
        ]
        do {
            _ = try await context.client.patch(
                BackupStore.self, resource.name, namespace: resource.namespace, merge: ["status": status],
                subresource: "status")
        } catch let error as KubernetesError where error.isNotFound {}
        return more
    }

    // MARK: Backups

    private func mirror(_ resource: BackupStore, _ store: any ObjectStore, _ manifests: [Manifest]) async throws -> Bool
    {
        let namespace = resource.namespace
        let all = try await context.client.list(Backup.self, namespace: namespace).items
        let decision = CatalogueDecision.decide(
            CatalogueDecision.Input(store: resource, manifests: manifests, backups: all))
        var unusable = decision.unusable
        var made = 0
        for backup in decision.create {
            do {
                _ = try await context.client.create(backup)
                made += 1
            } catch let error as KubernetesError where error.isAlreadyExists {
            } catch let error as KubernetesError where error.reason == .invalid {
                // One manifest that no Backup can stand for does not hide the others.
                unusable.append(backup.name)
            }
        }
        if made > 0 {
            context.recorder.record(
                .normal, reason: Reason.backupAdopted, action: "Catalogue",
                "Backups that are in the store and were not in the cluster: \(made) made", about: resource)
        }
        if let name = unusable.first {
            context.recorder.record(
                .warning, reason: Reason.catalogueDamaged, action: "Catalogue",
                "manifests with names that no Backup can have: \(unusable.count), such as \(String(reflecting: String(name.prefix(64))))",
                about: resource)
        }
        for backup in decision.found { try await settle(backup, isThere: true) }
        for backup in decision.doubtful {
            // A list may be behind, or lie.
            let key = BucketLayout.manifest(
                namespace: namespace, policy: backup.spec.policyRef.name, backup: backup.name)
            guard try await store.head(key) == nil else { continue }
            if backup.spec.fromCatalogue == true {
                do {
                    try await context.client.delete(
                        Backup.self, backup.name, namespace: namespace,
                        preconditions: Preconditions(uid: backup.metadata.uid))
                } catch let error as KubernetesError where error.isNotFound || error.reason == .conflict {}
            } else {
                try await settle(backup, isThere: false)
            }
        }
        return made == CatalogueDecision.batch
    }

    /// Complete stays what it was: it says that the backup was made. Ready says whether it can be restored now.
    private func settle(_ backup: Backup, isThere: Bool) async throws {
        var changed = backup
        var conditions = changed.status?.conditions ?? []
        let message =
            "its manifest is not in the store any more: it was deleted there; delete this object when that is right"
        conditions.settle(
            isThere
                ? .ready(reason: Reason.backupComplete, message: "it can be restored")
                : .stalled(reason: Reason.dataMissing, message: message),
            generation: backup.metadata.generation, now: context.now())
        changed.status?.conditions = conditions
        changed.status?.phase = isThere ? "Complete" : "Missing"
        try await context.write(changed, unless: changed.status == backup.status)
        if !isThere {
            context.recorder.record(.warning, reason: Reason.dataMissing, action: "Catalogue", message, about: backup)
        }
    }

    // MARK: Orphans

    /// Only of policies that this cluster writes: another cluster's unfinished backup looks just the same.
    private func clean(
        _ orphans: Orphans, _ resource: BackupStore, _ store: any ObjectStore, _ now: Date
    ) async throws -> BackupStore.Orphans {
        var objects = 0
        var uploads = 0
        var bytes: Int64 = 0
        let all = try await context.client.list(Backup.self, namespace: resource.namespace).items
        // What a backup under way has stored so far belongs to it.
        let orphans = orphans.without(
            all.filter(\.isUnderWay).map {
                BucketLayout.data(namespace: $0.namespace, policy: $0.spec.policyRef.name, backup: $0.name)
            })
        for policy in policies.list(namespace: resource.namespace) where policy.spec.storeRef.name == resource.name {
            let own = all.filter { $0.spec.policyRef.name == policy.name }
            let running = Set(own.filter(\.isUnderWay).map(\.name))
            let due = orphans.due(namespace: resource.namespace, policy: policy.name, running: running, now: now)
            guard !(policy.spec.suspend ?? false), !due.objects.isEmpty || !due.uploads.isEmpty else { continue }
            do {
                try await context.writers.require(policy, resource, store, now: now)
            } catch is ReferenceError {
                continue
            }
            let swept = try await Expiry(store).sweep(
                due.objects, namespace: resource.namespace, policy: policy.name, running: running,
                known: Set(own.filter(\.isComplete).map(\.name)), now: now.wholeSeconds, writer: context.identity)
            for upload in due.uploads { try await store.abort(upload) }
            objects += swept.count
            uploads += due.uploads.count
            let gone = Set(swept)
            bytes += orphans.objects.filter { gone.contains($0.key) }.reduce(0) { $0 + $1.size }
        }
        for upload in orphans.nameless(now: now) {
            try await store.abort(upload)
            uploads += 1
        }
        if objects + uploads > 0 {
            context.recorder.record(
                .normal, reason: Reason.orphansDeleted, action: "Clean",
                "deleted \(objects) objects (\(ByteText.text(bytes))) without a manifest and \(uploads) unfinished uploads",
                about: resource)
        }
        return BackupStore.Orphans(
            objects: Int64(orphans.count - objects - uploads), bytes: orphans.bytes - bytes, checkedAt: now.wholeSeconds
        )
    }
}
