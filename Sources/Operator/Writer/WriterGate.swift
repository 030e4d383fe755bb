import BackupArchive
import Foundation
import KubernetesModel
import ObjectStore
import RecoveryAPI
import RecoveryEngine
import Synchronization

/// Lets a policy write to its store while this cluster holds the claim to it.
///
/// Asked before every backup and every deletion afresh; a reconcile pass, which only tells people, looks every so often. A
/// restore never asks.
final class WriterGate: Sendable {
    private struct Known: Sendable {
        var problem: BackupPolicyDecision.Problem?
        /// The store did not answer.
        var isUnknown: Bool
        /// What people said at the time, and which spec it was: anything new is looked at at once.
        var asked: [String]
        var at: Date
    }

    private let resolver: Resolver
    private let cluster: ClusterIdentity
    private let host: String
    private let known = Mutex<[String: Known]>([:])

    /// Seconds for which an answer is good enough to show.
    static let goodFor: TimeInterval = 600
    static let badFor: TimeInterval = 30

    init(resolver: Resolver, cluster: ClusterIdentity, host: String) {
        self.resolver = resolver
        self.cluster = cluster
        self.host = host
    }

    /// - Throws: ``ReferenceError`` with `WriterConflict`, saying who holds the policy's backups and how to take them over.
    func require(_ policy: BackupPolicy, _ storeResource: BackupStore, _ store: any ObjectStore, now: Date) async throws
    {
        let outcome = try await Writers(store).claim(
            namespace: policy.namespace, policy: policy.name, holder: cluster.id(), host: host,
            adopt: Self.adopt(policy, storeResource), now: now.wholeSeconds)
        guard case .foreign(let claim) = outcome else { return }
        throw ReferenceError(reason: Reason.writerConflict, Self.message(claim, policy, taker: try await cluster.id()))
    }

    /// Why the policy may not write, for its status. A store that cannot be reached is no answer.
    func problem(_ policy: BackupPolicy, _ storeResource: BackupStore, now: Date) async throws -> BackupPolicyDecision
        .Problem?
    {
        let key = policy.metadata.uid ?? policy.reference.description
        let asked =
            Self.adopt(policy, storeResource) + [
                storeResource.metadata.uid ?? "", "\(storeResource.metadata.generation ?? 0)",
            ]
        if let known = known.withLock({ $0[key] }), known.asked == asked,
            now.timeIntervalSince(known.at) < (known.problem == nil && !known.isUnknown ? Self.goodFor : Self.badFor)
        {
            return known.problem
        }
        var problem: BackupPolicyDecision.Problem?
        var isUnknown = false
        do {
            try await require(policy, storeResource, resolver.store(storeResource), now: now)
        } catch let error as ReferenceError where [Reason.writerConflict, Reason.writerUnknown].contains(error.reason) {
            problem = .init(reason: error.reason, message: error.description)
        } catch let error as ArchiveError {
            problem = .init(reason: Reason.writerUnknown, message: "\(error)")
        } catch let error as CancellationError {
            throw error
        } catch {
            isUnknown = true
        }
        let new = Known(problem: problem, isUnknown: isUnknown, asked: asked, at: now)
        known.withLock { $0[key] = new }
        return problem
    }

    static func adopt(_ policy: BackupPolicy, _ store: BackupStore) -> [String] {
        [policy.metadata.annotations, store.metadata.annotations].compactMap { $0?[BackupPolicy.adoptAnnotation] }
    }

    static func message(_ claim: WriterClaim, _ policy: BackupPolicy, taker: String) -> String {
        let consent = claim.consent(for: taker)
        return """
            the cluster \(claim.holder) (operator on \(claim.host)) writes this policy's backups since \
            \(claim.since.formatted(.iso8601)); restores work all the same. If that cluster is lost or shall stop, take over with \
            kubectl -n \(policy.namespace) annotate bp \(policy.name) \(BackupPolicy.adoptAnnotation)=\(consent), or annotate the \
            BackupStore \(policy.spec.storeRef.name) so for all its policies
            """
    }
}
