import BackupArchive
import Cryptography
import Dispatch
import Foundation

/// A block on a disk: a folder that is never changed once it has its name, but for its deletions.
struct BlockFolder: Sendable {
    let folder: URL
    let meta: BlockMeta
    /// Names below the folder with their lengths, sorted: the order in the tar.
    let files: [(name: String, bytes: Int64)]

    /// Those of a snapshot or data folder.
    static func list(_ parent: URL) async throws -> [BlockFolder] {
        try await onDisk {
            try FileManager.default.contentsOfDirectory(atPath: parent.path).filter(BlockMeta.isULID).sorted().map {
                name in
                try BlockFolder(reading: parent.appending(path: name))
            }
        }
    }

    init(reading folder: URL) throws {
        self.folder = folder
        let data = try Data(contentsOf: folder.appending(path: "meta.json"))
        guard let meta = try? JSONDecoder().decode(BlockMeta.self, from: data), meta.ulid == folder.lastPathComponent
        else {
            throw PrometheusError(
                .damaged, "the meta.json of the block \(folder.lastPathComponent) is not one of it",
                field: "dataDirectory")
        }
        self.meta = meta
        var found: [(String, Int64)] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let inner = folder.appending(path: name)
            if name == "chunks" {
                for chunk in try FileManager.default.contentsOfDirectory(atPath: inner.path) {
                    if let bytes = Self.length(inner.appending(path: chunk)) {
                        found.append(("chunks/\(chunk)", bytes))
                    }
                }
            } else if let bytes = Self.length(inner) {
                found.append((name, bytes))
            }
        }
        files = found.sorted { $0.0 < $1.0 }.map { (name: $0.0, bytes: $0.1) }
    }

    private static func length(_ file: URL) -> Int64? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        return (attributes[.size] as? NSNumber)?.int64Value
    }

    /// Whether `known` describes this block: its lengths are the same, and so are its small files, which alone can change.
    func isUnchanged(since known: PrometheusFingerprint.Block) async throws -> Bool {
        guard Dictionary(files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { $1 }) == known.files.mapValues(\.bytes)
        else { return false }
        return try await onDisk {
            for name in ["meta.json", "tombstones"] {
                guard let expected = known.files[name] else { continue }
                let data = try Data(contentsOf: folder.appending(path: name))
                if SHA256.hexHash(Array(data)) != expected.sha256 { return false }
            }
            return true
        }
    }

    /// Reads a file piece by piece, exactly as long as it was.
    func read(_ name: String, bytes: Int64, _ body: ([UInt8]) async throws -> Void) async throws {
        let handle = try FileHandle(forReadingFrom: folder.appending(path: name))
        defer { try? handle.close() }
        var rest = bytes
        while rest > 0 {
            let count = Int(min(rest, 1 << 20))
            let piece = try await onDisk { try handle.read(upToCount: count) ?? Data() }
            guard !piece.isEmpty else {
                throw PrometheusError(.damaged, "\(name) became shorter while it was read", isRetriable: true)
            }
            rest -= Int64(piece.count)
            try await body(Array(piece))
        }
    }
}

private let diskQueue = DispatchQueue(label: "dr.prometheus.disk", attributes: .concurrent)

/// Runs what may wait for a disk where no task waits for it.
func onDisk<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        diskQueue.async { continuation.resume(with: Result { try work() }) }
    }
}
