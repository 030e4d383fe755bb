import Foundation

/// What a backup of a Vault is, for comparing, and which keys open it.
public struct VaultFingerprint: Codable, Sendable, Hashable {
    public struct Seal: Codable, Sendable, Hashable {
        /// `shamir`, or the service that unseals it: `awskms`.
        public var type: String
        /// How many unseal (or recovery) keys there are, and how many open it.
        public var shares: Int
        public var threshold: Int
    }

    public struct Cluster: Codable, Sendable, Hashable {
        public var id: String
        public var name: String
    }

    /// The key that the storage is encrypted with.
    public struct Key: Codable, Sendable, Hashable {
        public var term: Int64
        public var installed: String
    }

    public struct Member: Codable, Sendable, Hashable {
        public var bytes: Int64
        public var sha256: String
    }

    /// A secret without worth that proves the rest: which, and its digest with a salt. The value is not here.
    public struct Canary: Codable, Sendable, Hashable {
        public var path: String
        public var key: String?
        public var salt: String
        public var digest: String
    }

    public var method: VaultSystem.Method
    public var seal: Seal
    public var cluster: Cluster
    /// nil where the token may not read it.
    public var key: Key?
    public var version: String
    /// The files of a raft snapshot.
    public var members: [String: Member]?
    /// The raft index of a snapshot.
    public var index: Int64?
    public var canary: Canary?
    /// Of a KeyValueExport: its mounts, and a digest of its lines, each with all before it.
    public var mounts: [String]?
    public var digest: String?

    var canonicalJSON: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(canonicalJSON text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    init(method: VaultSystem.Method, status: SealStatus, key: Key?) {
        self.method = method
        seal = Seal(type: status.type, shares: status.shares, threshold: status.threshold)
        cluster = Cluster(id: status.clusterID ?? "", name: status.clusterName ?? "")
        self.key = key
        version = status.version
    }

    /// `3 of the 5 unseal keys of the cluster vault-cluster-1 (key term 2 of 2026-11-01T…)`
    public var keysInWords: String {
        let term = key.map { " (key term \($0.term), installed \($0.installed.prefix(19)))" } ?? ""
        let cluster = "the cluster \(cluster.name.isEmpty ? cluster.id : cluster.name)\(term)"
        return seal.type == "shamir"
            ? "\(seal.threshold) of the \(seal.shares) unseal keys of \(cluster)"
            : "the \(seal.type) key that unseals \(cluster)"
    }
}
