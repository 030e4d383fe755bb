import BackupArchive
import Cryptography
import Foundation
import ObjectStore
import Processes

/// Memory (the file's first 16 MiB) to nowhere: what compression, encryption and digests cost, without a source or a store that could be slower.
func measurePipeline(file: String, times: Int) async throws {
    Memory.tuneForTransfers()
    // Little of it, so that the memory told is the pipeline's.
    guard let input = FileHandle(forReadingAtPath: file) else { throw CocoaError(.fileNoSuchFile) }
    var pieces: [[UInt8]] = []
    while pieces.count < 16, let piece = try input.read(upToCount: 1 << 20), !piece.isEmpty {
        pieces.append([UInt8](piece))
    }
    let plain = pieces
    let begun = ContinuousClock.now
    let (info, _) = try await ArtifactWriter(store: EmptyStore(), recipients: [try AgeIdentity.generate().recipient])
        .write(to: "data/x") { sink in
            for _ in 0..<times { for piece in plain { try await sink(piece) } }
        }
    let time = ContinuousClock.now - begun
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let peak =
        status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first ?? "?"
    print(info.plainBytes, info.bytes, time / .seconds(1), peak)
}

private struct EmptyStore: ObjectStore {
    func head(_ key: String) async throws -> ObjectInfo? { nil }
    func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] {
        throw ObjectStoreError(.notFound, "nothing is kept", key: key)
    }
    func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        ObjectInfo(key: key, size: Int64(bytes.count), etag: "", modified: Date())
    }
    func beginUpload(_ key: String) async throws -> any ObjectUpload { EmptyUpload() }
    func list(_ prefix: String) async throws -> [ObjectInfo] { [] }
    func delete(_ key: String) async throws {}
    func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] { [] }
    func abort(_ upload: AbandonedUpload) async throws {}
}

private actor EmptyUpload: ObjectUpload {
    private var count: Int64 = 0

    func write(part number: Int, _ bytes: [UInt8]) async throws { count += Int64(bytes.count) }
    func finish() async throws -> ObjectInfo { ObjectInfo(key: "", size: count, etag: "", modified: Date()) }
    func abort() async {}
}
