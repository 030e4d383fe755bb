import BackupArchive
import Cryptography
import Foundation
import ObjectStore
import VaultProtection
import VaultTestServer

/// A Vault, a store on a folder and a key, for the time of a test.
struct Site: Sendable {
    let vault: TemporaryVault
    let folder: URL
    let store: FilesystemStore
    let identity: AgeIdentity

    static func with<R: Sendable>(
        shares: Int? = 5, threshold: Int = 3, storage: String = "raft",
        _ body: @escaping @Sendable (Site) async throws -> R
    ) async throws -> R {
        try await TemporaryVault.with(shares: shares, threshold: threshold, storage: storage) { vault in
            let folder = FileManager.default.temporaryDirectory.appending(path: "dr-vault-store-\(UUID().uuidString)")
            let store = folder.appending(path: "store")
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await body(
                Site(
                    vault: vault, folder: folder, store: FilesystemStore(root: store.path),
                    identity: try AgeIdentity.generate()))
        }
    }

    static let canary = VaultCanary(path: "secret/data/canary", key: "value")

    func server(token: String? = nil, address: String? = nil, authority: String? = nil) -> VaultServer {
        VaultServer(
            address: address ?? vault.address, login: .token(token ?? vault.token),
            certificateAuthorities: authority ?? vault.certificateAuthority)
    }

    func proof(_ keys: [String]? = nil, token: String? = nil) throws -> VaultSystem.Proof {
        VaultSystem.Proof(unsealKeys: try UnsealKeys(keys ?? vault.keys), token: token, canary: Self.canary)
    }

    func backUp(_ name: String = "b1", server: VaultServer? = nil, canary: VaultCanary? = Site.canary) async throws
        -> Manifest
    {
        let system = VaultSystem(server: server ?? self.server(), canary: canary)
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "vault", backup: name)
        let record = try await system.backUp(after: nil, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: VaultSystem.kind, source: "vault", startedAt: Date(), finishedAt: Date(), writer: "test")
    }

    func reader(wrongKey: Bool = false) throws -> BackupReader {
        BackupReader(store: store, identities: [wrongKey ? try AgeIdentity.generate() : identity])
    }

    func verify(_ manifest: Manifest, proof: VaultSystem.Proof? = nil, wrongKey: Bool = false) async throws
        -> VerificationReport
    {
        let scratch = folder.appending(path: "scratch '\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let nowhere = VaultServer(address: "https://localhost:1", login: .none)
        return try await VaultSystem(server: nowhere, proof: { proof })
            .verify(manifest, from: reader(wrongKey: wrongKey), scratch: scratch, progress: { _ in })
    }

    /// The file of the main artifact.
    func file(_ manifest: Manifest) -> URL {
        folder.appending(path: "store").appending(path: manifest.artifacts[0].object.key)
    }
}
