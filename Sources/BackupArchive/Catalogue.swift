import Foundation
public import ObjectStore

/// The manifests in a store: listing them is knowing every complete backup, with no cluster.
public struct Catalogue: Sendable {
    private let store: any ObjectStore
    private let cache: CatalogueCache?

    /// - Parameter cache: What was read before is not read again by ``list(namespace:policy:)``.
    public init(_ store: any ObjectStore, cache: CatalogueCache? = nil) {
        self.store = store
        self.cache = cache
    }

    /// A manifest that could not be read, and why.
    public struct Damaged: Sendable, Hashable {
        public var key: String
        public var message: String
    }

    /// Nil when there is none.
    public func manifest(namespace: String, policy: String, backup: String) async throws -> Manifest? {
        let key = BucketLayout.manifest(namespace: namespace, policy: policy, backup: backup)
        try await BucketFormat.check(store)
        guard try await store.head(key) != nil else { return nil }
        return try await read(key)
    }

    /// Writes a manifest once. If one is there already, that one is the backup, and is given back.
    public func add(_ manifest: Manifest) async throws -> Manifest {
        let key = BucketLayout.manifest(namespace: manifest.namespace, policy: manifest.policy, backup: manifest.backup)
        try await BucketFormat.establish(store)
        do {
            _ = try await store.put(key, [UInt8](try JSONEncoder.archive.encode(manifest)), .ifAbsent)
            return manifest
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            return try await read(key)
        }
    }

    /// The manifests of a policy, of a namespace, or of the whole store; the newest recovery point last.
    public func list(namespace: String? = nil, policy: String? = nil) async throws -> (
        manifests: [Manifest], damaged: [Damaged]
    ) {
        let prefix =
            switch (namespace, policy) {
            case (let namespace?, let policy?): BucketLayout.manifests(namespace: namespace, policy: policy)
            case (let namespace?, nil): ObjectPath.join("catalog", namespace) + "/"
            default: BucketLayout.catalog
            }
        try await BucketFormat.check(store)
        let keys = try await store.list(prefix).filter { $0.key.hasSuffix(".json") }
        cache?.retain(keys, below: prefix)
        return try await withThrowingTaskGroup(of: Result<Manifest, Failure>.self) { group in
            var rest = keys[...]
            func begin() {
                guard let info = rest.popFirst() else { return }
                let key = info.key
                group.addTask {
                    do {
                        if let known = cache?.manifest(info) { return .success(known) }
                        let manifest = try await read(key)
                        cache?.add(manifest, info)
                        return .success(manifest)
                    } catch let error as ArchiveError {
                        return .failure(Failure(damaged: Damaged(key: key, message: error.message)))
                    } catch let error as ObjectStoreError where error.code == .notFound {
                        return .failure(Failure(damaged: Damaged(key: key, message: "was deleted meanwhile")))
                    }
                }
            }
            for _ in 0..<8 { begin() }
            var manifests: [Manifest] = []
            var damaged: [Damaged] = []
            while let result = try await group.next() {
                switch result {
                case .success(let manifest): manifests.append(manifest)
                case .failure(let failure): damaged.append(failure.damaged)
                }
                begin()
            }
            return (
                manifests.sorted { ($0.recoveryPoint, $0.backup) < ($1.recoveryPoint, $1.backup) },
                damaged.sorted { $0.key < $1.key }
            )
        }
    }

    private struct Failure: Error { var damaged: Damaged }

    private func read(_ key: String) async throws -> Manifest {
        let bytes = try await store.get(key, range: nil, ifMatch: nil)
        struct Versioned: Decodable { var version: Int }
        guard let version = try? JSONDecoder.archive.decode(Versioned.self, from: Data(bytes)).version else {
            throw ArchiveError(.corrupt, key: key, "the manifest is not JSON with a version")
        }
        guard version == Manifest.currentVersion else {
            throw ArchiveError(
                .unknownFormat, key: key,
                "the manifest has version \(version); this dr reads \(Manifest.currentVersion)")
        }
        let manifest: Manifest
        do {
            manifest = try JSONDecoder.archive.decode(Manifest.self, from: Data(bytes))
        } catch {
            throw ArchiveError(.corrupt, key: key, "the manifest cannot be read: \(error)")
        }
        // Copied by hand to another place it would stand for a backup that is not there, and be deleted with it.
        guard
            BucketLayout.manifest(namespace: manifest.namespace, policy: manifest.policy, backup: manifest.backup)
                == key
        else {
            throw ArchiveError(
                .corrupt, key: key, "the manifest is of \(manifest.namespace)/\(manifest.policy)/\(manifest.backup)")
        }
        return manifest
    }
}
