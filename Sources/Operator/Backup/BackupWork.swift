import BackupArchive
import Cryptography
import Foundation
import KubernetesModel
import ObjectStore
import PostgreSQLProtection
import Processes
import RecoveryAPI
import RecoveryEngine

/// One attempt at one backup: dump, fingerprint, compress, encrypt, store, and last the manifest.
struct BackupWork: Sendable {
    let context: OperatorContext
    let backup: Backup

    func run() async throws -> Manifest {
        let namespace = backup.namespace
        let name = backup.spec.policyRef.name
        let policy = try await context.resolver.policy(name, namespace: namespace, field: "spec.policyRef")
        guard let source = policy.spec.source.postgresql else {
            throw ReferenceError(reason: Reason.invalidSpec, "the BackupPolicy \"\(name)\" names no source")
        }
        let server = try await context.resolver.postgres(source, namespace: namespace, field: "spec.source.postgresql")
        let storeResource = try await context.resolver.storeResource(backup.spec.storeRef.name, namespace: namespace)
        let store = try await context.resolver.store(storeResource)
        KillPoint.backupStarted.reached()

        let started = context.now()
        let key = BucketLayout.artifact(
            namespace: namespace, policy: name, backup: backup.name, attempt: try SecureRandom.hexString(byteCount: 6),
            name: "database.dump.zst.age")
        let writer = ArtifactWriter(store: store, recipients: try Resolver.recipients(storeResource))
        let (artifact, result) = try await writer.write(to: key) { sink in
            let result = try await PostgresBackup.run(server, sink: sink)
            KillPoint.backupDumped.reached()
            return result
        }
        KillPoint.backupStored.reached()
        let manifest = Manifest(
            namespace: namespace, policy: name, backup: backup.name, kind: "postgresql", source: policy.spec.source.summary,
            artifact: artifact, recoveryPoint: result.recoveryPoint, startedAt: started, finishedAt: context.now(),
            serverVersion: result.serverVersion, toolVersion: result.dumpVersion, tables: Int64(result.fingerprint.tables.count),
            rows: result.fingerprint.totalRows, fingerprintDigest: try result.fingerprint.digest,
            fingerprint: String(decoding: try result.fingerprint.canonicalJSON, as: UTF8.self), writer: context.identity)
        let kept = try await Catalogue(store).add(manifest)
        KillPoint.backupManifestWritten.reached()
        return kept
    }

    static func failure(_ error: any Error) -> BackupDecision.End {
        switch error {
        case let error as PostgresProtectionError: .failed(message: "\(error)", isRetriable: error.isRetriable)
        case let error as ObjectStoreError: .failed(message: "\(error)", isRetriable: error.isRetriable)
        // A Secret or a policy may be created in a moment; it is looked for again.
        case let error as ReferenceError: .failed(message: "\(error)", isRetriable: error.reason != Reason.invalidSpec)
        case let error as ProcessError: .failed(message: "\(error)", isRetriable: true)
        default: .failed(message: "\(error)", isRetriable: true)
        }
    }
}
