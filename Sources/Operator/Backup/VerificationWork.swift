import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// One attempt at the proof of one backup: restored elsewhere, compared, and the verdict written to the store.
struct VerificationWork: Sendable {
    let context: OperatorContext
    let backup: Backup
    let token: String

    /// That the backup cannot be asked, whatever is tried: what a person has to change.
    struct Refusal: Error {
        var reason: String
        var message: String
    }

    /// - Returns: A verdict, of which the evidence is in the store by then, or that only what is stored was checked.
    func run() async throws -> VerificationDecision.End {
        let namespace = backup.namespace
        let name = backup.spec.policyRef.name
        let storeResource = try await context.resolver.storeResource(backup.spec.storeRef.name, namespace: namespace)
        let store = try await context.resolver.store(storeResource)
        // A bucket that is not there is not a backup that is gone.
        try await store.requireContainer()
        if let known = try await earlier(store, policy: name) { return .verdict(known) }
        KillPoint.verificationStarted.reached()
        let started = context.now()
        guard
            let manifest = try await Catalogue(store).manifest(namespace: namespace, policy: name, backup: backup.name)
        else {
            throw Refusal(
                reason: Reason.verificationError,
                message: "the catalogue of the BackupStore \"\(storeResource.name)\" does not have this backup any more"
            )
        }
        let reader = try await reader(storeResource, store)
        let policy = try await context.resolver.policy(name, namespace: namespace, field: "spec.policyRef")
        guard let system = try await context.resolver.system(policy) as? any VerifiableSystem else {
            throw Refusal(
                reason: Reason.verificationError, message: "backups of \(manifest.kind) cannot be verified by this dr")
        }
        guard type(of: system).kind == manifest.kind else {
            throw Refusal(
                reason: Reason.verificationError,
                message:
                    "the backup is one of \(manifest.kind), and the policy's spec.source is now \(type(of: system).kind)"
            )
        }
        let deadline = policy.spec.verification?.deadlineSeconds ?? BackupVerification.standardDeadline
        let end = try await judge(manifest, system, reader, storeResource, started: started, deadline: deadline)
        KillPoint.verificationJudged.reached()
        // What was not restored is no evidence.
        guard case .verdict(let proof) = end else { return end }
        try await Proofs(store).write(proof)
        KillPoint.verificationProofWritten.reached()
        return end
    }

    /// What this request found before its operator was killed.
    private func earlier(_ store: any ObjectStore, policy: String) async throws -> Proof? {
        let found = try await Proofs(store).proof(namespace: backup.namespace, policy: policy, backup: backup.name)
        guard let found, found.requested == token, found.fingerprintDigest == backup.status?.fingerprint else {
            return nil
        }
        return found
    }

    private func reader(_ storeResource: BackupStore, _ store: any ObjectStore) async throws -> BackupReader {
        guard storeResource.spec.encryption.identitySecret != nil else {
            throw Refusal(
                reason: Reason.noIdentity,
                message:
                    "the operator cannot read backups: the BackupStore \"\(storeResource.name)\" has no spec.encryption.identitySecret; name a Secret with the age identity there, or verify where it is kept"
            )
        }
        return BackupReader(store: store, identities: try await context.resolver.identities(storeResource))
    }

    private func judge(
        _ manifest: Manifest, _ system: any VerifiableSystem, _ reader: BackupReader, _ storeResource: BackupStore,
        started: Date,
        deadline: Int64
    ) async throws -> VerificationDecision.End {
        func verdict(_ checks: [VerificationReport.Check], _ failure: VerificationReport.Check? = nil)
            -> VerificationDecision.End
        {
            .verdict(
                Proof(
                    of: manifest, verdict: failure == nil ? .proven : .broken, checks: checks, failure: failure,
                    requested: token,
                    startedAt: started.wholeSeconds, finishedAt: context.now().wholeSeconds, verifier: context.identity)
            )
        }
        do {
            let report = try await ScratchFolder.with(in: context.resolver.cache) { scratch in
                try await Deadline.run(seconds: deadline) {
                    try await system.verify(
                        manifest, from: reader, scratch: scratch,
                        progress: { _ in KillPoint.verificationProgressed.reached() })
                }
            }
            switch report.level {
            case .restored: return verdict(report.checks)
            case .checked(let missing): return .checked(report.checks, missing: missing)
            }
        } catch let failure as VerificationFailure {
            return verdict([], .init(failure.check, failure.message))
        } catch let error as BackupArchive.ArchiveError where error.code == .wrongKey {
            // A header that was changed looks like one for another key. Where every byte is as it was stored, it is the key.
            for artifact in manifest.artifacts {
                do { try await reader.compare(artifact) } catch let damage as BackupArchive.ArchiveError {
                    return verdict([], .init(damage.code.rawValue, "\(damage)"))
                }
            }
            throw Refusal(
                reason: Reason.noIdentity,
                message:
                    "spec.encryption.identitySecret of the BackupStore \"\(storeResource.name)\": no age identity in it opens this backup, every byte of which is as it was stored; put the identity of one of the recipients that it was written for into the Secret, beside the others"
            )
        } catch let error as BackupArchive.ArchiveError where error.code != .unknownFormat {
            return verdict([], .init(error.code.rawValue, "\(error)"))
        }
    }

    static func failure(_ error: any Error) -> VerificationDecision.End {
        switch error {
        case let error as Refusal: .failed(reason: error.reason, message: error.message, isRetriable: false)
        case let error as Deadline.Exceeded:
            .failed(
                reason: Reason.verificationTimedOut,
                message:
                    "it took longer than \(Span.text(seconds: error.seconds)): raise spec.verification.deadline of the BackupPolicy",
                isRetriable: false)
        case let error as any ProtectionFailure:
            .failed(reason: Reason.verificationError, message: "\(error)", isRetriable: error.isRetriable)
        case let error as ObjectStoreError:
            .failed(
                reason: Reason.verificationError, message: "\(error)",
                isRetriable: error.isRetriable || error.code == .noSuchBucket)
        case let error as ReferenceError:
            .failed(
                reason: Reason.verificationError, message: "\(error)", isRetriable: error.reason != Reason.invalidSpec)
        default: .failed(reason: Reason.verificationError, message: "\(error)", isRetriable: true)
        }
    }
}

/// Work that is cancelled when it takes too long.
enum Deadline {
    struct Exceeded: Error {
        var seconds: Int64
    }

    static func run<R: Sendable>(seconds: Int64, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            guard let result = first else { throw Exceeded(seconds: seconds) }
            return result
        }
    }
}
