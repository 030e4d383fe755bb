import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

@testable import Operator

/// Objects as the API server would give them.
enum Sample {
    static let now = Date(timeIntervalSince1970: 1_795_392_000)

    static func store(_ name: String = "primary") -> BackupStore {
        var store = BackupStore(
            metadata: ObjectMeta(name: name, namespace: "ns"),
            spec: BackupStore.Spec(filesystem: .init(path: "/b"), encryption: .init(recipients: ["age1"])))
        store.metadata.uid = "store-\(name)"
        return store
    }

    static func policy(
        retention: Retention? = Retention(keepLast: 3), suspend: Bool? = nil, onDelete: DeletionRule? = nil,
        deletedAgo: Double? = nil,
        lastRunAgo: Double? = nil, ranOn generation: Int64 = 1, annotations: [String: String]? = nil
    ) -> BackupPolicy {
        var policy = BackupPolicy(
            metadata: ObjectMeta(name: "p", namespace: "ns", annotations: annotations),
            spec: BackupPolicy.Spec(
                source: BackupSource(git: GitSource(url: "/r")), storeRef: ObjectReference(name: "primary"),
                suspend: suspend))
        policy.spec.retention = retention
        policy.spec.onDelete = onDelete
        policy.metadata.generation = 1
        policy.metadata.finalizers = onDelete == nil ? nil : [BackupPolicy.dataFinalizer]
        policy.metadata.deletionTimestamp = deletedAgo.map { now.addingTimeInterval(-$0) }
        if let lastRunAgo {
            var status = BackupPolicy.RetentionStatus()
            status.lastRun = now.addingTimeInterval(-lastRunAgo)
            status.observedGeneration = generation
            policy.status = BackupPolicy.Status()
            policy.status?.retention = status
        }
        return policy
    }

    enum State { case waiting, complete, failed, missing }

    static func backup(
        _ name: String, _ state: State, finishedAgo: Double = 3600, fromCatalogue: Bool? = nil,
        store: String = "primary"
    ) -> Backup {
        var backup = Backup(
            metadata: ObjectMeta(name: name, namespace: "ns"),
            spec: Backup.Spec(
                policyRef: ObjectReference(name: "p"), storeRef: ObjectReference(name: store),
                fromCatalogue: fromCatalogue))
        var status = Backup.Status()
        var conditions: [Condition] = []
        switch state {
        case .waiting: return backup
        case .failed:
            conditions.set("Complete", .false, reason: Reason.backupFailed, message: "", generation: 1, now: now)
        case .complete, .missing:
            conditions.set("Complete", .true, reason: Reason.backupComplete, message: "", generation: 1, now: now)
            conditions.set(
                "Ready", state == .missing ? .false : .true,
                reason: state == .missing ? Reason.dataMissing : Reason.backupComplete,
                message: "", generation: 1, now: now)
            status.finishedAt = now.addingTimeInterval(-finishedAgo)
            status.recoveryPoint = status.finishedAt
        }
        status.conditions = conditions
        backup.status = status
        return backup
    }

    static func manifest(_ backup: String, namespace: String = "ns", policy: String = "p", ago: Double = 3600)
        -> Manifest
    {
        let point = now.addingTimeInterval(-ago)
        return Manifest(
            namespace: namespace, policy: policy, backup: backup, kind: "git", source: "git/x", artifacts: [],
            record: BackupRecord(recoveryPoint: point, counts: [:], fingerprint: "{}"), startedAt: point,
            finishedAt: point, writer: "t")
    }

    static func run(_ state: RunState?) -> RecoveryRun {
        var run = RecoveryRun(
            metadata: ObjectMeta(name: "r", namespace: "ns"),
            spec: RecoveryRun.Spec(
                planRef: ObjectReference(name: "plan"), token: "t", mode: .recover, to: nil,
                plan: RecoveryPlan.Spec(storeRef: ObjectReference(name: "primary"), phases: []), planHash: ""))
        if let state {
            run.status = RecoveryRun.Status()
            run.status?.state = state
        }
        return run
    }
}
