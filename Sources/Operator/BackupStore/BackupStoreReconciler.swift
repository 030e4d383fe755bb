import BackupArchive
import ControllerRuntime
import Foundation
import KubernetesModel
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// Probes stores: whether they can be written, read and deleted in, and whether two creators are told apart.
struct BackupStoreReconciler: Sendable {
    let context: OperatorContext
    let stores: Informer<BackupStore>

    static let interval: TimeInterval = 600
    static let retry: TimeInterval = 30

    struct Findings: Sendable {
        var result: Result<StoreProbe, ReferenceError>
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let store = stores.get(key), !store.isBeingDeleted else { return .done }
        let now = context.now()
        let status = store.status ?? BackupStore.Status()
        let isDoubted = context.doubts.hold(key)
        if let wait = Self.rest(status, generation: store.metadata.generation, isDoubted: isDoubted, now: now) {
            return .requeue(after: .seconds(wait))
        }
        context.doubts.settle(key)
        let findings = await probe(store)
        var changed = store
        changed.status = Self.decide(store, findings, others: stores.list(), now: now)
        try await context.write(changed, unless: changed.status == store.status)
        announce(before: store, after: changed)
        let isReady = changed.status?.conditions?.isTrue(ConditionType.ready) ?? false
        return .requeue(after: .seconds(isReady ? Self.interval : Self.retry))
    }

    /// Seconds until the next probe is due, nil if it is now.
    /// - Parameter isDoubted: it has failed somebody since the last one.
    static func rest(_ status: BackupStore.Status, generation: Int64?, isDoubted: Bool = false, now: Date) -> Double? {
        // A probe of the future is none: a clock was wrong.
        guard status.observedGeneration == generation, let last = status.lastProbeTime,
            last <= now.addingTimeInterval(1)
        else { return nil }
        let interval =
            !isDoubted && status.conditions?.isTrue(ConditionType.ready) ?? false ? Self.interval : Self.retry
        let left = last.addingTimeInterval(interval).timeIntervalSince(now)
        return left > 1 ? left : nil
    }

    private func probe(_ resource: BackupStore) async -> Findings {
        do {
            _ = try Resolver.recipients(resource)
            let store = try await context.resolver.store(resource)
            return Findings(result: .success(try await StoreProbe.run(store)))
        } catch let error as ReferenceError {
            return Findings(result: .failure(error))
        } catch let error as ObjectStoreError where [.unreachable, .unclear].contains(error.code) {
            return Findings(result: .failure(ReferenceError(reason: Reason.storeDoesNotAnswer, "\(error)")))
        } catch {
            return Findings(result: .failure(ReferenceError(reason: Reason.probeFailed, "\(error)")))
        }
    }

    static func decide(_ store: BackupStore, _ findings: Findings, others: [BackupStore], now: Date)
        -> BackupStore.Status
    {
        var status = store.status ?? BackupStore.Status()
        var conditions = status.conditions ?? []
        let generation = store.metadata.generation
        // What was found of another spec says nothing about this one.
        if status.observedGeneration != generation {
            status.conditionalWrites = nil
            status.objectLock = nil
        }
        status.observedGeneration = generation
        status.lastProbeTime = now.wholeSeconds
        let readiness: Readiness
        switch findings.result {
        case .failure(let error):
            readiness = .stalled(reason: error.reason, message: error.description)
        case .success(let probe):
            status.conditionalWrites = probe.conditionalWrites
            status.objectLock = probe.objectLock
            if let twin = others.first(where: { $0.reference != store.reference && $0.sharesPlace(with: store) }),
                (twin.metadata.creationTimestamp ?? now, twin.reference) < (
                    store.metadata.creationTimestamp ?? now, store.reference
                )
            {
                readiness = .stalled(
                    reason: Reason.dataPrefixInUse,
                    message:
                        "the BackupStore \(twin.reference) keeps its backups in the same place: give this one another prefix"
                )
            } else if !probe.conditionalWrites {
                readiness = .stalled(
                    reason: Reason.noConditionalWrites,
                    message:
                        "the store lets two writers create one key: recoveries could run twice; use a store that honours If-None-Match"
                )
            } else if store.spec.s3?.objectLock != nil, probe.objectLock != true {
                readiness = .stalled(
                    reason: Reason.objectLockMissing,
                    message: probe.objectLock == nil
                        ? "spec.s3.objectLock: the bucket has no object lock: create one with object lock switched on, or remove the field"
                        : "spec.s3.objectLock: a locked object could be deleted: the store does not honour its locks; remove the field"
                )
            } else {
                readiness = .ready(reason: Reason.ready, message: "objects can be written, read and deleted")
            }
        }
        conditions.settle(readiness, generation: generation, now: now)
        status.conditions = conditions
        status.phase = conditions.isTrue(ConditionType.ready) ? "Ready" : "NotReady"
        return status
    }

    private func announce(before: BackupStore, after: BackupStore) {
        guard let new = after.status?.conditions?[ConditionType.ready] else { return }
        let old = before.status?.conditions?[ConditionType.ready]
        guard old?.status != new.status || old?.reason != new.reason else { return }
        context.recorder.record(
            new.status == .true ? .normal : .warning, reason: new.reason, action: "Probe", new.message, about: after)
    }
}
