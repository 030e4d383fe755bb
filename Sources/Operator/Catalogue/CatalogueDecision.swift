import BackupArchive
import Foundation
import KubernetesModel
import RecoveryAPI

/// What a store's catalogue and the cluster's Backups have to become the same, as a function of both.
///
/// The bucket is the truth. What is in it and not in the cluster is made there; what the cluster says to be complete and is
/// not in the bucket is told, and where it was made from the catalogue only, it goes. Other namespaces' backups are not
/// this store's to show, and one that a person deletes comes back with the next look, while its data is there.
enum CatalogueDecision {
    struct Input: Sendable {
        var store: BackupStore
        var manifests: [Manifest]
        /// Backups of the store's namespace, of any store.
        var backups: [Backup]
    }

    struct Output: Sendable, Hashable {
        var create: [Backup] = []
        /// Complete in the cluster, and not in the list: to be asked for by name.
        var doubtful: [Backup] = []
        /// Said to be missing, and there again.
        var found: [Backup] = []
        /// Names that no Backup can have.
        var unusable: [String] = []
    }

    /// In one pass. More come with the next, soon.
    static let batch = 200

    static func decide(_ input: Input) -> Output {
        let namespace = input.store.namespace
        let known = Dictionary(input.backups.map { ($0.name, $0) }) { first, _ in first }
        var output = Output()
        var listed: Set<String> = []
        // The newest first: they are what people look for.
        for manifest in input.manifests.reversed() where manifest.namespace == namespace {
            listed.insert("\(manifest.policy)/\(manifest.backup)")
            guard isName(manifest.backup), isName(manifest.policy) else {
                output.unusable.append(manifest.backup)
                continue
            }
            if let backup = known[manifest.backup] {
                if backup.isMissing, backup.spec.storeRef.name == input.store.name { output.found.append(backup) }
            } else if output.create.count < batch {
                output.create.append(backup(of: manifest, in: input.store))
            }
        }
        for backup in input.backups where backup.spec.storeRef.name == input.store.name && !backup.isBeingDeleted {
            guard backup.isComplete || backup.spec.fromCatalogue == true,
                !backup.isMissing || backup.spec.fromCatalogue == true,
                !listed.contains("\(backup.spec.policyRef.name)/\(backup.name)")
            else { continue }
            output.doubtful.append(backup)
        }
        return output
    }

    private static func backup(of manifest: Manifest, in store: BackupStore) -> Backup {
        Backup(
            metadata: ObjectMeta(
                name: manifest.backup, namespace: manifest.namespace,
                labels: ["dr.hotswap.io/policy": LabelValue.of(manifest.policy)]),
            spec: Backup.Spec(
                policyRef: ObjectReference(name: manifest.policy), storeRef: ObjectReference(name: store.name),
                fromCatalogue: true))
    }

    /// What the API server takes: the manifest may be anybody's writing.
    static func isName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/) != nil
    }

    /// When the catalogue is read again.
    struct Clock: Sendable {
        var status: BackupStore.Status?
        /// A backup was completed or deleted since.
        var isDirty: Bool
        var now: Date

        static let interval: TimeInterval = 600
        static let orphanInterval: TimeInterval = 86400

        /// Seconds until then; nil for now.
        var rest: Double? {
            guard let last = status?.lastCatalogueTime, !isDirty else { return nil }
            let left = last.addingTimeInterval(Self.interval).timeIntervalSince(now)
            return left > 1 && last <= now.addingTimeInterval(1) ? left : nil
        }

        var looksForOrphans: Bool {
            guard let last = status?.orphans?.checkedAt, last <= now.addingTimeInterval(1) else { return true }
            return now.timeIntervalSince(last) >= Self.orphanInterval
        }
    }
}

extension Backup {
    /// Its manifest is not in the store, though it was.
    var isMissing: Bool { status?.conditions?[ConditionType.ready]?.reason == Reason.dataMissing }
}
