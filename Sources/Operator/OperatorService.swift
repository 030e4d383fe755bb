public import ControllerRuntime
import Foundation
public import KubernetesClient
import KubernetesModel
public import KubernetesResourcesProtection
public import Logging
import RecoveryAPI
import RecoveryEngine
public import ServiceLifecycle

/// All controllers against one API server.
///
/// Starts the caches, then, when it leads, the controllers; ends them in the reverse order and waits for the activities. What was under
/// way when it ends is taken up by the next operator.
public final class OperatorService: Service {
    private let client: KubernetesClient
    private let logger: Logger
    private let stores: Informer<BackupStore>
    private let policies: Informer<BackupPolicy>
    private let backups: Informer<Backup>
    private let plans: Informer<RecoveryPlan>
    private let runs: Informer<RecoveryRun>
    private let metrics: any OperatorMetrics
    private let election: LeaderElector?
    private let reach: ResourceReach
    private let maxConcurrentBackups: Int

    /// Each takes some 120 MB and a processor.
    public static let standardConcurrentBackups = 3

    /// - Parameters:
    ///   - namespaces: empty for all of the cluster.
    ///   - maxConcurrentBackups: so many backups are made at a time; the others wait.
    ///   - reach: how far policies and plans reach with the operator's rights.
    ///   - election: the controllers work only while it holds its lease; nil when nobody else can be there.
    public init(
        client: KubernetesClient, namespaces: Set<String> = [], reach: ResourceReach = .ownNamespace,
        election: LeaderElector? = nil,
        maxConcurrentBackups: Int = OperatorService.standardConcurrentBackups,
        metrics: any OperatorMetrics = NoOperatorMetrics(), logger: Logger
    ) {
        self.election = election
        self.maxConcurrentBackups = maxConcurrentBackups
        self.reach = reach
        self.client = client
        self.logger = logger
        self.metrics = metrics
        stores = Informer(client: client, namespaces: namespaces, logger: logger)
        policies = Informer(client: client, namespaces: namespaces, logger: logger)
        backups = Informer(client: client, namespaces: namespaces, logger: logger)
        plans = Informer(client: client, namespaces: namespaces, logger: logger)
        runs = Informer(client: client, namespaces: namespaces, logger: logger)
    }

    /// For liveness: a watch that has neither asked nor heard anything for so long is stuck, whatever the server does: it
    /// takes a silent connection for dead after 90 s, and asks again at least every two minutes.
    static let longestStandstill = Duration.seconds(300)

    /// The caches whose watch stands still, nil when none does.
    public func standstill(at now: ContinuousClock.Instant = .now) -> String? {
        let watches: [(String, ContinuousClock.Instant)] = [
            ("backupstores", stores.lastActivity), ("backuppolicies", policies.lastActivity),
            ("backups", backups.lastActivity),
            ("recoveryplans", plans.lastActivity), ("recoveryruns", runs.lastActivity),
        ]
        let still = watches.filter { $0.1.duration(to: now) > Self.longestStandstill }.map(\.0)
        return still.isEmpty ? nil : "the watch stands still: \(still.joined(separator: ", "))"
    }

    /// What keeps the operator from working, nil when nothing does.
    public func complaint() -> String? {
        let caches: [(String, Bool)] = [
            ("backupstores", stores.hasSynced), ("backuppolicies", policies.hasSynced), ("backups", backups.hasSynced),
            ("recoveryplans", plans.hasSynced), ("recoveryruns", runs.hasSynced),
        ]
        let missing = caches.filter { !$0.1 }.map(\.0)
        return missing.isEmpty ? nil : "not listed yet: \(missing.joined(separator: ", "))"
    }

    public func run() async throws {
        let host = ProcessInfo.processInfo.hostName
        let identity = "\(host)/\(ProcessInfo.processInfo.processIdentifier)"
        let recorder = EventRecorder(
            client: client, controller: "dr.hotswap.io/operator", instance: host, logger: logger)
        let storeCache = StoreCache()
        let resolver = Resolver(client: client, stores: storeCache, reach: reach)
        let context = OperatorContext(
            client: client, resolver: resolver, recorder: recorder,
            activities: ActivityRunner(), metrics: metrics, logger: logger, identity: identity, now: { Date() },
            writers: WriterGate(resolver: resolver, cluster: ClusterIdentity(client: client), host: host),
            catalogues: CatalogueCaches(),
            doubts: StoreDoubts())
        do {
            try ScratchFolder.removeAbandoned(in: context.resolver.cache)
        } catch {
            // What needs the folder says so, where its user looks.
            logger.warning("the cache folder cannot be used", metadata: ["error": "\(error)"])
        }
        let controllers = makeControllers(context)
        let manager = Manager(
            caches: [stores.run, policies.run, backups.run, plans.run, runs.run],
            syncs: [
                stores.waitForSync, policies.waitForSync, backups.waitForSync, plans.waitForSync, runs.waitForSync,
            ],
            workers: [context.activities.run] + controllers.map { $0.run })
        let outcome = await Self.recording(recorder) { [election] in
            try await manager.run { workers in
                guard let election else { return await workers() }
                try await election.run(workers)
            }
        }
        await storeCache.shutdown()
        try outcome.get()
    }

    /// Events are written as long as `work` goes on, and the last ones after it: they say how it ended.
    private static func recording(_ recorder: EventRecorder, _ work: () async throws -> Void) async -> Result<
        Void, any Error
    > {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
            recorder.close()
            // Not for longer than a person who waits for the end has patience.
            group.addTask { try? await Task.sleep(for: .seconds(5)) }
            await group.next()
            group.cancelAll()
            return outcome
        }
    }

    private func makeControllers(_ context: OperatorContext) -> [Controller] {
        let storeReconciler = BackupStoreReconciler(context: context, stores: stores)
        // Those that hang must not keep the others from being probed.
        let storeController = Controller(
            name: "backupstore", workers: 8, metrics: metrics, logger: logger, reconcile: storeReconciler.reconcile)
        context.doubts.connect(storeController.queue)
        storeController.watch(stores)

        let policyReconciler = BackupPolicyReconciler(
            context: context, policies: policies, backups: backups, stores: stores)
        let policyController = Controller(
            name: "backuppolicy", metrics: metrics, logger: logger, reconcile: policyReconciler.reconcile)
        policyController.watch(policies)
        policyController.watch(backups) { [ObjectKey(namespace: $0.namespace, name: $0.spec.policyRef.name)] }
        policyController.watch(stores) { [policies] store in
            policies.list(namespace: store.namespace).filter { $0.spec.storeRef.name == store.name }.map(\.reference)
        }

        let backupQueue = QueueLink()
        let backupReconciler = BackupReconciler(
            context: context, backups: backups, policies: policies, limit: maxConcurrentBackups, wake: backupQueue.add)
        let backupController = Controller(
            name: "backup", metrics: metrics, logger: logger, reconcile: backupReconciler.reconcile)
        backupQueue.connect(backupController.queue)
        backupController.watch(backups)
        backupController.watch(policies) { [backups] policy in
            backups.list(namespace: policy.namespace).filter { $0.spec.policyRef.name == policy.name && $0.isUnderWay }
                .map(\.reference)
        }

        let proofQueue = QueueLink()
        let proofReconciler = VerificationReconciler(
            context: context, backups: backups, runs: runs, wake: proofQueue.add)
        let proofController = Controller(
            name: "verification", metrics: metrics, logger: logger, reconcile: proofReconciler.reconcile)
        proofQueue.connect(proofController.queue)
        proofController.watch(backups)
        proofController.watch(runs) { _ in proofReconciler.concerned() }

        let planReconciler = RecoveryPlanReconciler(context: context, plans: plans, runs: runs, backups: backups)
        let planController = Controller(
            name: "recoveryplan", metrics: metrics, logger: logger, reconcile: planReconciler.reconcile)
        planController.watch(plans)
        planController.watch(runs) { [ObjectKey(namespace: $0.namespace, name: $0.spec.planRef.name)] }
        backups.onChange { [plans, queue = planController.queue] change in
            let backup = change.object
            for plan in plans.list(namespace: backup.namespace) where PlanRecoveryPoint.concerns(backup, plan.spec) {
                await queue.add(plan.reference)
            }
        }

        let runQueue = QueueLink()
        let runReconciler = RecoveryRunReconciler(context: context, runs: runs, wake: runQueue.add)
        let runController = Controller(
            name: "recoveryrun", metrics: metrics, logger: logger, reconcile: runReconciler.reconcile)
        runQueue.connect(runController.queue)
        runController.watch(runs)
        // Those that wait for the store's probe.
        runController.watch(stores) { [runs] store in
            runs.list(namespace: store.namespace).filter {
                $0.spec.plan.storeRef.name == store.name && $0.status?.startedAt == nil && !$0.isOver
            }
            .map(\.reference)
        }
        // Those that wait for another one to end.
        runs.onChange { [runs, queue = runController.queue] change in
            guard change.object.isOver || change.object.isBeingDeleted else { return }
            let run = change.object
            for other in runs.list(namespace: run.namespace)
            where other.spec.planRef == run.spec.planRef && !other.isOver {
                await queue.add(other.reference)
            }
        }

        return [storeController, policyController, backupController, proofController, planController, runController]
            + makeKeepers(context)
    }

    /// What keeps a store's content and the cluster's Backups the same, and what expires from both.
    private func makeKeepers(_ context: OperatorContext) -> [Controller] {
        let catalogueQueue = QueueLink()
        let catalogue = CatalogueReconciler(
            context: context, stores: stores, backups: backups, policies: policies, wake: catalogueQueue.add)
        let catalogueController = Controller(
            name: "catalogue", metrics: metrics, logger: logger, reconcile: catalogue.reconcile)
        catalogueQueue.connect(catalogueController.queue)
        catalogueController.watch(stores)
        backups.onChange { change in
            guard case .updated(let old, let new) = change, !old.isComplete, new.isComplete else { return }
            await catalogue.changed(ObjectKey(namespace: new.namespace, name: new.spec.storeRef.name))
        }

        let retentionQueue = QueueLink()
        let retention = RetentionReconciler(
            context: context, policies: policies, backups: backups, stores: stores, runs: runs,
            wake: retentionQueue.add,
            changed: catalogue.changed)
        let retentionController = Controller(
            name: "retention", metrics: metrics, logger: logger, reconcile: retention.reconcile)
        retentionQueue.connect(retentionController.queue)
        retentionController.watch(policies)
        retentionController.watch(backups) { [ObjectKey(namespace: $0.namespace, name: $0.spec.policyRef.name)] }
        retentionController.watch(stores) { [policies] store in
            policies.list(namespace: store.namespace).filter { $0.spec.storeRef.name == store.name }.map(\.reference)
        }
        return [catalogueController, retentionController]
    }
}
