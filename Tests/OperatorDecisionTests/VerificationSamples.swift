import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

@testable import Operator

/// Noon of 23 November 2026, a Monday.
let noon = Date(timeIntervalSince1970: 1_795_435_200)
let hour: TimeInterval = 3600
let day: TimeInterval = 86400

enum Proving {
    static func policy(
        _ verification: BackupVerification?, created: Date = noon - 30 * day, status: BackupPolicy.Status? = nil
    ) -> BackupPolicy {
        var policy = BackupPolicy(
            metadata: ObjectMeta(name: "p", namespace: "ns"),
            spec: BackupPolicy.Spec(
                source: BackupSource(git: GitSource(url: "/srv/app.git")), storeRef: ObjectReference(name: "primary"),
                verification: verification))
        policy.metadata.creationTimestamp = created
        policy.metadata.uid = "uid"
        policy.status = status
        return policy
    }

    /// A complete one, of which `RestoreVerified` says `proven`.
    static func backup(
        _ name: String, at point: Date = noon - day, proven: Bool? = nil, verdictAt: Date? = nil, token: String? = nil,
        requested: String? = nil,
        finished: Bool = true
    ) -> Backup {
        var backup = Backup(
            metadata: ObjectMeta(name: name, namespace: "ns"),
            spec: Backup.Spec(policyRef: ObjectReference(name: "p"), storeRef: ObjectReference(name: "primary")))
        if let token { backup.metadata.annotations = [Backup.verifyAnnotation: token] }
        var status = Backup.Status()
        status.recoveryPoint = point
        status.fingerprint = manifest(name).fingerprintDigest
        var conditions: [Condition] = []
        conditions.set(
            ConditionType.complete, .true, reason: Reason.backupComplete, message: "", generation: 1, now: point)
        conditions.set(
            ConditionType.restoreVerified, proven.map { $0 ? .true : .false } ?? .unknown, reason: Reason.notVerified,
            message: "so it is",
            generation: 1, now: point)
        status.conditions = conditions
        if requested != nil || proven != nil {
            var verification = Backup.Verification()
            verification.requested = requested
            verification.startedAt = verdictAt ?? noon
            verification.finishedAt = finished ? verdictAt ?? noon : nil
            verification.verdictAt = proven == nil ? nil : verdictAt ?? noon
            verification.attempts = 1
            status.verification = verification
        }
        backup.status = status
        return backup
    }

    static func manifest(_ name: String) -> Manifest {
        Manifest(
            namespace: "ns", policy: "p", backup: name, kind: "git", source: "git/app", artifacts: [],
            record: BackupRecord(recoveryPoint: noon - day, counts: [:], fingerprint: "{}"), startedAt: noon,
            finishedAt: noon, writer: "w")
    }

    static func proof(_ name: String, broken: Bool = false, at time: Date = noon, requested: String = "t") -> Proof {
        Proof(
            of: manifest(name), verdict: broken ? .broken : .proven, checks: broken ? [] : [.init("refs", "2 refs")],
            failure: broken ? .init("corrupt", "a byte is another") : nil, requested: requested, startedAt: time - 90,
            finishedAt: time,
            verifier: "v")
    }
}
