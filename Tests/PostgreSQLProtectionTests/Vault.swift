import BackupArchive
import Cryptography
import Foundation
import ObjectStore
import PostgreSQLClient
import PostgreSQLProtection

/// A store on a folder and a key, for the time of a test.
struct Vault: Sendable {
    let folder: URL
    let store: FilesystemStore
    let identity: AgeIdentity

    static func with<R: Sendable>(_ body: (Vault) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dr-pg-vault-\(UUID().uuidString)")
        let store = folder.appending(path: "store")
        try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let vault = Vault(
            folder: folder, store: FilesystemStore(root: store.path), identity: try AgeIdentity.generate())
        try vault.identity.secretKey.write(to: vault.identityFile, atomically: true, encoding: .utf8)
        return try await body(vault)
    }

    var identityFile: URL { folder.appending(path: "identity") }

    func backUp(_ login: PostgresConfiguration, _ name: String = "b1", patterns: [String]? = nil) async throws
        -> Manifest
    {
        let system = PostgreSQLSystem(server: login, patterns: patterns)
        let writer = try BackupWriter(
            store: store, recipients: [identity.recipient], namespace: "ns", policy: "pg", backup: name)
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let record = try await system.backUp(after: nil, into: writer, progress: { _ in })
        return try await writer.complete(
            record, kind: PostgreSQLSystem.kind, source: "postgresql/\(login.database)", startedAt: now,
            finishedAt: now, writer: "test")
    }

    /// - Parameter login: nothing of it is used.
    func verify(
        _ manifest: Manifest, _ proof: PostgresProof = PostgresProof(), key: AgeIdentity? = nil,
        scratch given: URL? = nil,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> VerificationReport {
        let nowhere = PostgresConfiguration(host: "127.0.0.1", port: 1, database: "none", user: "none")
        let scratch = try given ?? newFolder("scratch")
        return try await PostgreSQLSystem(server: nowhere, proof: { proof }).verify(
            manifest, from: BackupReader(store: store, identities: [key ?? identity]), scratch: scratch,
            progress: progress)
    }

    func newFolder(_ name: String) throws -> URL {
        let scratch = folder.appending(path: "\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        return scratch
    }

    /// The file in which the store keeps an artifact.
    func file(_ manifest: Manifest, _ index: Int = 0) -> URL {
        folder.appending(path: "store").appending(path: manifest.artifacts[index].object.key)
    }
}

/// The processes whose arguments contain a text.
func processes(with text: String) -> [String] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
    return numbers.compactMap { number in
        let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline").map {
            String(decoding: $0, as: UTF8.self)
        }
        return line.flatMap { $0.contains(text) ? "\(number) \($0.replacing("\u{0}", with: " "))" : nil }
    }
}
