public import BackupArchive
public import Foundation
import HTTPTransport

/// A HashiCorp Vault or OpenBao as a protected system.
public struct VaultSystem: VerifiableSystem {
    public static let kind = "vault"

    public enum Method: String, Codable, Sendable, Hashable, CaseIterable {
        /// The whole storage as raft has it, encrypted by the server's own keys too. Needs raft storage.
        case raftSnapshot = "RaftSnapshot"
        /// The secrets of KV mounts with their versions, readable without the server's keys. Any storage.
        case keyValueExport = "KeyValueExport"
    }

    /// What proves a backup beyond its checksums.
    public struct Proof: Sendable, Hashable {
        public var unsealKeys: UnsealKeys
        /// Of the protected cluster; made from the unseal keys in the scratch server where nil.
        public var token: String?
        public var canary: VaultCanary?

        public init(unsealKeys: UnsealKeys, token: String? = nil, canary: VaultCanary? = nil) {
            self.unsealKeys = unsealKeys
            self.token = token
            self.canary = canary
        }
    }

    public static let artifact = "raft.snap.gz"

    let server: VaultServer
    let method: Method
    /// Of a KeyValueExport: mounts, folders in them, or secrets; empty for all KV mounts.
    let paths: [String]
    /// Read at every backup, so that a proof has something to compare with.
    let canary: VaultCanary?
    /// nil: a backup is proven as far as it goes without keys. Asked for only by a verification: a backup needs no unseal key.
    let proof: @Sendable () async throws -> Proof?
    let now: @Sendable () -> Date

    public init(
        server: VaultServer, method: Method = .raftSnapshot, paths: [String] = [], canary: VaultCanary? = nil,
        now: @escaping @Sendable () -> Date = { Date() }, proof: @escaping @Sendable () async throws -> Proof? = { nil }
    ) {
        self.server = server
        self.method = method
        self.paths = paths
        self.canary = canary
        self.proof = proof
        self.now = now
    }

    public func backUp(
        after previous: Manifest?, into sink: any ArtifactSink, progress: @escaping @Sendable (String) -> Void
    ) async throws -> BackupRecord {
        if method == .keyValueExport { return try await exportKeyValues(into: sink, progress: progress) }
        progress("asking the server")
        return try await VaultSession.with(server, now: now) { session in
            let status = try await session.client.sealStatus()
            try Self.check(status, method)
            var warnings = session.warnings
            var fingerprint = VaultFingerprint(method: method, status: status, key: nil)
            do { fingerprint.key = try await session.client.keyStatus() } catch let error as VaultError
                where error.code == .forbidden
            {
                warnings.append(
                    "which encryption key the backup needs is not recorded: give the token's policy path \"sys/key-status\" { capabilities = [\"read\"] }"
                )
            }
            if let canary { fingerprint.canary = try await canary.record(session.client) }
            // Whatever was written before this instant is in the snapshot.
            let recoveryPoint = now()
            progress("storing the snapshot")
            let client = session.client
            let found = try await sink.store(Self.artifact) { write in
                let body = try await client.stream(
                    "sys/storage/raft/snapshot",
                    policy: "path \"sys/storage/raft/snapshot\" { capabilities = [\"read\"] }")
                return try await SnapshotInspection.run { look in
                    do {
                        for try await piece in body {
                            try await write(piece)
                            try await look(piece)
                        }
                    } catch let error as HTTPError {
                        if error.code == .cancelled { throw CancellationError() }
                        throw VaultError(error)
                    }
                }
            }
            // A server that was restored or emptied meanwhile is another one.
            let after = try await client.sealStatus()
            guard after.clusterID == status.clusterID else {
                throw VaultError(
                    .incompleteSnapshot, "the server became another cluster while it was backed up", isRetriable: true)
            }
            fingerprint.members = found.members
            fingerprint.index = found.index
            return BackupRecord(
                recoveryPoint: recoveryPoint, serverVersion: status.version,
                counts: ["bytes": found.members["state.bin"]?.bytes ?? 0], fingerprint: try fingerprint.canonicalJSON,
                warnings: warnings,
                credential: session.credential)
        }
    }

    static func check(_ status: SealStatus, _ method: Method) throws(VaultError) {
        guard status.isInitialised else { throw .uninitialised }
        guard !status.isSealed else { throw .sealed }
        if method == .raftSnapshot, let storage = status.storage, storage != "raft" { throw .notRaft(storage) }
    }

    /// What a backup recorded.
    /// - Throws: `ArchiveError` with `.corrupt`.
    public static func fingerprint(of backup: Manifest) throws -> VaultFingerprint {
        do { return try VaultFingerprint(canonicalJSON: backup.record.fingerprint) } catch {
            throw ArchiveError(.corrupt, key: backup.backup, "the manifest's fingerprint cannot be read")
        }
    }
}
