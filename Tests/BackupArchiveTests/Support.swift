import BackupArchive
import Foundation
import ObjectStore
import S3TestServer
import Synchronization
import Testing

func withFolder<R: Sendable>(_ body: (URL) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dr-archive-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

func withFolderStore<R: Sendable>(_ body: (FilesystemStore, URL) async throws -> R) async throws -> R {
    try await withFolder { folder in try await body(FilesystemStore(root: folder.path), folder) }
}

func withS3Store<R: Sendable>(locking: Bool = false, _ body: (S3Store) async throws -> R) async throws -> R {
    let server = try await TemporaryS3.shared()
    let store = S3Store(
        server.configuration(bucket: locking ? server.lockingBucket : nil), prefix: "a-\(UUID().uuidString.prefix(8))")
    do {
        let result = try await body(store)
        await store.shutdown()
        return result
    } catch {
        await store.shutdown()
        throw error
    }
}

enum Place: String, CaseIterable {
    case filesystem, s3

    func with<R: Sendable>(_ body: (any ObjectStore) async throws -> R) async throws -> R {
        switch self {
        case .filesystem: try await withFolderStore { store, _ in try await body(store) }
        case .s3: try await withS3Store { store in try await body(store) }
        }
    }
}

/// The error of one type that `body` throws, and a failure of the test when it throws none or another.
func failure<E: Error>(
    _ type: E.Type, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> E? {
    do {
        try await body()
        Issue.record("no error", sourceLocation: location)
    } catch let error as E {
        return error
    } catch {
        Issue.record("\(error)", sourceLocation: location)
    }
    return nil
}

/// A store with one call replaced.
struct AlteredStore: ObjectStore {
    var base: any ObjectStore
    var put: (@Sendable (any ObjectStore, String, [UInt8], PutCondition) async throws -> ObjectInfo)?
    var writePart: (@Sendable (Int) throws -> Void)?
    var list: (@Sendable (any ObjectStore, String) async throws -> [ObjectInfo])?
    var erase: (@Sendable (any ObjectStore, String) async throws -> Void)?

    func head(_ key: String) async throws -> ObjectInfo? { try await base.head(key) }
    func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        try await base.get(key, range: range, ifMatch: etag)
    }
    func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        if let put { return try await put(base, key, bytes, condition) }
        return try await base.put(key, bytes, condition)
    }
    func beginUpload(_ key: String) async throws -> any ObjectUpload {
        AlteredUpload(base: try await base.beginUpload(key), writePart: writePart)
    }
    func list(_ prefix: String) async throws -> [ObjectInfo] {
        if let list { return try await list(base, prefix) }
        return try await base.list(prefix)
    }
    func erase(_ key: String) async throws {
        if let erase { return try await erase(base, key) }
        try await base.erase(key)
    }
    func lockedUntil(_ key: String) async throws -> Date? { try await base.lockedUntil(key) }
    func renewLock(_ key: String) async throws { try await base.renewLock(key) }
    func delete(_ key: String) async throws { try await base.delete(key) }
    func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] {
        try await base.abandonedUploads(prefix)
    }
    func abort(_ upload: AbandonedUpload) async throws { try await base.abort(upload) }
}

private struct AlteredUpload: ObjectUpload {
    var base: any ObjectUpload
    var writePart: (@Sendable (Int) throws -> Void)?

    func write(part number: Int, _ bytes: [UInt8]) async throws {
        try writePart?(number)
        try await base.write(part: number, bytes)
    }
    func finish() async throws -> ObjectInfo { try await base.finish() }
    func abort() async { await base.abort() }
}

/// Bytes that do not compress, the same every time.
func noise(_ count: Int) -> [UInt8] { Array(noiseBytes[..<min(count, noiseBytes.count)]) }

private let noiseBytes: [UInt8] = {
    var state: UInt64 = 0x2545_f491_4f6c_dd1d
    return (0..<(20 << 20)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}()

let someDate = Date(timeIntervalSince1970: 1_800_000_000)

extension Verdicts {
    /// Of these backups, as they are, and of no others.
    init(proven: Set<String> = [], broken: Set<String> = [], of manifests: [Manifest]) {
        self.init()
        for manifest in manifests {
            if proven.contains(manifest.backup) {
                note(.proven, backup: manifest.backup, fingerprintDigest: manifest.fingerprintDigest)
            }
            if broken.contains(manifest.backup) {
                note(.broken, backup: manifest.backup, fingerprintDigest: manifest.fingerprintDigest)
            }
        }
    }
}
