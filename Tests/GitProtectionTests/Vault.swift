import BackupArchive
import Cryptography
import Foundation
import GitProtection
import ObjectStore

/// A git server, a store on a folder and a key, for the time of a test.
struct Vault: Sendable {
    let server: GitServer
    let folder: URL
    let store: FilesystemStore
    let identity: AgeIdentity
    var cache: URL { folder.appending(path: "cache") }

    static func with<R: Sendable>(_ body: @escaping @Sendable (Vault) async throws -> R) async throws -> R {
        try await GitServer.with { server in
            let folder = FileManager.default.temporaryDirectory.appending(path: "dr-git-store-\(UUID().uuidString)")
            let store = folder.appending(path: "store")
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await body(
                Vault(
                    server: server, folder: folder, store: FilesystemStore(root: store.path),
                    identity: try AgeIdentity.generate()))
        }
    }

    func remote(_ url: String, password: String = GitServer.password) -> GitRemote {
        GitRemote(url: url, username: GitServer.user, password: password)
    }

    func backUp(
        _ url: String, _ name: String, after previous: Manifest? = nil, password: String = GitServer.password,
        now: Date = Date()
    ) async throws -> Manifest {
        try await backUp(remote(url, password: password), name, after: previous, now: now)
    }

    func backUp(_ remote: GitRemote, _ name: String, after previous: Manifest? = nil, now: Date = Date()) async throws
        -> Manifest
    {
        let system = GitSystem(remote: remote, cache: cache, name: "ns/policy", now: { now })
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "git", backup: name)
        let record = try await system.backUp(after: previous, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: GitSystem.kind, source: "git/app", startedAt: now, finishedAt: now, writer: "test")
    }

    func verify(_ manifest: Manifest, wrongKey: Bool = false) async throws -> VerificationReport {
        let key = wrongKey ? try AgeIdentity.generate() : identity
        return try await withScratch { scratch in
            try await GitSystem(remote: remote("/nowhere"), cache: cache, name: "ns/policy").verify(
                manifest, from: BackupReader(store: store, identities: [key]), scratch: scratch, progress: { _ in })
        }
    }

    func restore(
        _ manifest: Manifest, to url: String, _ strategy: GitRestore.Strategy, token: String = "token-1"
    ) async throws -> GitRestore.Report {
        try await restore(manifest, to: remote(url), strategy, token: token)
    }

    func restore(
        _ manifest: Manifest, to remote: GitRemote, _ strategy: GitRestore.Strategy, token: String = "token-1"
    ) async throws -> GitRestore.Report {
        try await withScratch { scratch in
            try await GitRestore.run(
                manifest, from: BackupReader(store: store, identities: [identity]), to: remote, strategy: strategy,
                token: token, scratch: scratch, progress: { _ in })
        }
    }

    /// The only mirror in the cache.
    func mirror() -> URL? {
        let folders = try? FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
        return folders?.first?.appending(path: "mirror.git")
    }

    private func withScratch<R>(_ body: (URL) async throws -> R) async throws -> R {
        let scratch = folder.appending(path: "scratch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try await body(scratch)
    }
}
