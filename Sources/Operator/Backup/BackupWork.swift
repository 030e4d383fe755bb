import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore
import Processes
import RecoveryAPI
import RecoveryEngine

/// One attempt at one backup: the system gives its bytes, they are compressed, encrypted and stored, and last the manifest.
struct BackupWork: Sendable {
    let context: OperatorContext
    let backup: Backup

    func run() async throws -> Manifest {
        let namespace = backup.namespace
        let name = backup.spec.policyRef.name
        let policy = try await context.resolver.policy(name, namespace: namespace, field: "spec.policyRef")
        let system = try await context.resolver.system(policy)
        let storeResource = try await context.resolver.storeResource(backup.spec.storeRef.name, namespace: namespace)
        let store = try await context.resolver.store(storeResource)
        try await context.writers.require(policy, storeResource, store, now: context.now())
        KillPoint.backupStarted.reached()

        let started = context.now()
        let writer = try BackupWriter(
            store: store, recipients: Resolver.recipients(storeResource), namespace: namespace, policy: name,
            backup: backup.name)
        var previous: Manifest?
        if type(of: system).isIncremental {
            previous = try await Catalogue(store).list(namespace: namespace, policy: name).manifests
                .last { $0.kind == type(of: system).kind }
        }
        let record = try await system.backUp(
            after: previous, into: WatchedSink(sink: writer), progress: { _ in KillPoint.backupProgressed.reached() })
        do { return try await complete(record, system, policy, storeResource, store, writer, started) } catch let error
            as CancellationError
        {
            throw error
        } catch {
            throw Incomplete(cause: error)
        }
    }

    /// Every byte was acknowledged by the store, and the backup is not complete all the same.
    struct Incomplete: Error {
        var cause: any Error
    }

    private func complete(
        _ record: BackupRecord, _ system: any ProtectedSystem, _ policy: BackupPolicy, _ storeResource: BackupStore,
        _ store: any ObjectStore,
        _ writer: BackupWriter, _ started: Date
    ) async throws -> Manifest {
        // Hours may have passed: another cluster may have taken the policy over with the owner's consent meanwhile, and then a
        // manifest of ours would be a backup that neither of them expects. What was stored is an orphan, which grace removes.
        try await context.writers.require(policy, storeResource, store, now: context.now())
        let kept = try await writer.complete(
            record, kind: type(of: system).kind, source: policy.spec.source.summary, startedAt: started,
            finishedAt: context.now(), writer: context.identity)
        KillPoint.backupManifestWritten.reached()
        return kept
    }

    static func failure(_ error: any Error) -> BackupDecision.End {
        if let error = error as? Incomplete, case .failed(let message, let isRetriable, _) = failure(error.cause) {
            return .failed(message: message, isRetriable: isRetriable, isStored: true)
        }
        return switch error {
        case let error as any ProtectionFailure: .failed(message: "\(error)", isRetriable: error.isRetriable)
        // A folder that is not there may be a mount that comes back.
        case let error as ObjectStoreError:
            .failed(message: "\(error)", isRetriable: error.isRetriable || error.code == .noSuchBucket)
        // A Secret or a policy may be created in a moment; it is looked for again.
        case let error as ReferenceError:
            .failed(
                message: "\(error)", isRetriable: ![Reason.invalidSpec, Reason.writerConflict].contains(error.reason))
        case let error as ProcessError: .failed(message: "\(error)", isRetriable: true)
        default: .failed(message: "\(error)", isRetriable: true)
        }
    }
}

/// The kill points around each artifact.
private struct WatchedSink: ArtifactSink {
    let sink: any ArtifactSink

    func store<R: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> R
    ) async throws -> R {
        let result = try await sink.store(name) { write in
            let result = try await body(write)
            KillPoint.backupDumped.reached()
            return result
        }
        KillPoint.backupStored.reached()
        return result
    }

    func keep(_ artifact: NamedArtifact) async { await sink.keep(artifact) }
}
