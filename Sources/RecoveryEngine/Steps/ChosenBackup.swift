import BackupArchive
import KubernetesClient
import KubernetesModel
import ObjectStore
import RecoveryAPI

/// The backup that a restoring step means, and the store that has it.
struct ChosenBackup: Sendable {
    var policy: BackupPolicy
    var storeResource: BackupStore
    var store: any ObjectStore
    var manifest: Manifest

    /// The first attempt chooses, and what it chose is written down before anything is done: what a later attempt, a later
    /// operator or a run that resumes would choose may be a backup of the damaged database.
    ///
    /// - Parameter to: The step's own target; the run's when absent, and `Latest` when that is absent too.
    static func find(policy name: String, to: RecoveryTarget?, field: String, _ context: StepContext) async throws
        -> ChosenBackup
    {
        let policy = try await context.resolver.policy(name, namespace: context.namespace, field: "\(field).policy")
        let storeResource = try await context.resolver.storeResource(
            policy.spec.storeRef.name, namespace: context.namespace)
        let store = try await context.resolver.store(storeResource)
        let manifests = try await Catalogue(store).list(namespace: context.namespace, policy: policy.name).manifests
        if let before = context.backup {
            let manifest = try BackupChoice.again(before, from: manifests)
            return ChosenBackup(policy: policy, storeResource: storeResource, store: store, manifest: manifest)
        }
        let target = to ?? context.run.to ?? .latest
        // From the store: it is the same with no Backup objects, in a cluster that was built anew.
        let verdicts = try await Proofs(store).verdicts(namespace: context.namespace, policy: policy.name)
        let manifest = try BackupChoice.choose(target, from: manifests, verdicts: verdicts)
        if !context.isDryRun { try await context.choose(BackupChoice.record(of: manifest)) }
        return ChosenBackup(policy: policy, storeResource: storeResource, store: store, manifest: manifest)
    }

    func reader(_ context: StepContext) async throws -> BackupReader {
        BackupReader(store: store, identities: try await context.resolver.identities(storeResource))
    }
}
