public import Foundation
import ObjectStore

extension Expiry {
    /// What may go now, by what the store says.
    ///
    /// A list that leaves something out would make a backup that it hides undefended. Two lists are compared, that of the
    /// data and that of the manifests, and what the caller knows of: a manifest that is missing in the list and is there when
    /// it is asked for by name stops everything.
    /// - Parameters:
    ///   - verdicts: What was found by restoring them.
    ///   - known: Names of backups that were complete when they were last looked at.
    /// - Throws: ``ArchiveError`` with `.incompleteList`, or `.corrupt` when a manifest cannot be read.
    public func review(
        _ rules: RetentionRules, namespace: String, policy: String, verdicts: Verdicts, known: Set<String> = [],
        now: Date
    ) async throws -> RetentionDecision {
        let manifests = try await completeList(namespace: namespace, policy: policy, known: known)
        let first = RetentionDecision(rules, manifests: manifests, verdicts: verdicts, now: now)
        let locked = try await locked(first)
        guard !locked.isEmpty else { return first }
        return RetentionDecision(rules, manifests: manifests, verdicts: verdicts, locked: locked, now: now)
    }

    /// Every manifest of a policy.
    func completeList(namespace: String, policy: String, known: Set<String>) async throws -> [Manifest] {
        // The data first: a backup that is completed between the two is in the second.
        let data = try await store.list(BucketLayout.data(namespace: namespace, policy: policy))
        let catalogue = try await Catalogue(store, cache: cache).list(namespace: namespace, policy: policy)
        if let damaged = catalogue.damaged.first {
            throw ArchiveError(
                .corrupt, key: damaged.key, "nothing is deleted while a manifest cannot be read: \(damaged.message)")
        }
        let listed = Set(catalogue.manifests.map { ObjectPath.escape($0.backup) })
        let others = Set(data.compactMap { BucketLayout.owner(ofArtifact: $0.key)?.backup }).union(
            known.map(ObjectPath.escape)
        )
        .subtracting(listed)
        let folder = BucketLayout.manifests(namespace: namespace, policy: policy)
        for backup in others.sorted() where try await store.head("\(folder)\(backup).json") != nil {
            throw ArchiveError(
                .incompleteList, key: "\(folder)\(backup).json",
                "the store has this manifest and does not list it: nothing is deleted while its lists are incomplete")
        }
        return catalogue.manifests
    }

    /// The backups that would go and that the store would not let go: their own manifest, or an object that would go with them.
    private func locked(_ decision: RetentionDecision) async throws -> Set<String> {
        let going = Set(decision.objects)
        var locked: Set<String> = []
        var keys: [String: Bool] = [:]
        for manifest in decision.expired {
            let own = BucketLayout.manifest(
                namespace: manifest.namespace, policy: manifest.policy, backup: manifest.backup)
            for key in [own] + manifest.ownKeys.filter(going.contains) {
                let isLocked: Bool
                if let known = keys[key] {
                    isLocked = known
                } else {
                    isLocked = try await store.lockedUntil(key) != nil
                }
                keys[key] = isLocked
                guard isLocked else { continue }
                locked.insert(manifest.backup)
                break
            }
        }
        return locked
    }

    /// Deletes everything of a policy, except what is locked, and what a locked backup needs.
    /// - Parameter confirm: Asked when everything is known and nothing is deleted: throws when it is not to be any more.
    /// - Returns: The names of the backups that are gone, and of those that are locked.
    public func eraseAll(
        namespace: String, policy: String, now: Date, writer: String, confirm: () async throws -> Void = {},
        forget: ([String]) async throws -> Void = { _ in }
    ) async throws -> (gone: [String], locked: [String]) {
        try await confirm()
        for (key, list) in try await begun(namespace: namespace, policy: policy) {
            _ = try await carryOut(list, key, nil, [], forget)
        }
        let manifests = try await completeList(namespace: namespace, policy: policy, known: [])
        let folder = BucketLayout.data(namespace: namespace, policy: policy)
        let all = try await store.list(folder).map(\.key)
        var lockedKeys: Set<String> = []
        for key in all where try await store.lockedUntil(key) != nil { lockedKeys.insert(key) }
        var locked: Set<String> = []
        for manifest in manifests {
            let own = BucketLayout.manifest(namespace: namespace, policy: policy, backup: manifest.backup)
            var isLocked = manifest.ownKeys.contains(where: lockedKeys.contains)
            if !isLocked { isLocked = try await store.lockedUntil(own) != nil }
            if isLocked { locked.insert(manifest.backup) }
        }
        let needed = Set(manifests.filter { locked.contains($0.backup) }.flatMap { $0.artifacts.map(\.object.key) })
            .union(lockedKeys)
        let list = List(
            namespace: namespace, policy: policy, backups: manifests.map(\.backup).filter { !locked.contains($0) },
            objects: all.filter { !needed.contains($0) }, decidedAt: now, writer: writer)
        // Looking at everything may have taken long.
        try await confirm()
        let gone = try await carryOut(list, try await write(list), nil, [], forget)
        for upload in try await store.abandonedUploads(folder) where upload.key.hasPrefix(folder) {
            try await store.abort(upload)
        }
        // Also of backups that expired before there was anybody to remove them.
        let proofs = Set(locked.map { BucketLayout.proof(namespace: namespace, policy: policy, backup: $0) })
        for object in try await store.list(BucketLayout.proofs(namespace: namespace, policy: policy))
        where !proofs.contains(object.key) {
            try await store.delete(object.key)
        }
        if locked.isEmpty { try await store.delete(BucketLayout.writer(namespace: namespace, policy: policy)) }
        return (gone, locked.sorted())
    }
}
