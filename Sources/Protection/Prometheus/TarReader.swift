import Cryptography
import Foundation

/// Takes a block's tar apart as it arrives, into a folder, and holds every file against what the backup recorded.
///
/// Only the files that were recorded are written, under the names that were recorded: whatever else a tar may hold cannot
/// reach the disk.
final class BlockUnpacking {
    private let block: PrometheusFingerprint.Block
    private let folder: URL
    private var header: [UInt8] = []
    private var current: (name: String, handle: FileHandle, digest: SHA256, rest: Int64)?
    private var padding: Int64 = 0
    private var hasEnded = false
    private var done: Set<String> = []

    /// - Parameter folder: Made here.
    init(_ block: PrometheusFingerprint.Block, into folder: URL) throws {
        self.block = block
        self.folder = folder
        guard block.files.keys.allSatisfy(Self.isSafe) else {
            throw PrometheusError(.damaged, "the manifest names a file outside the block \(block.ulid)")
        }
        let chunks = folder.appending(path: "chunks")
        try FileManager.default.createDirectory(
            at: chunks, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    deinit { try? current?.handle.close() }

    /// `index`, `chunks/000001`.
    static func isSafe(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 1 || (parts.count == 2 && parts[0] == "chunks") else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
    }

    func take(_ piece: [UInt8]) throws {
        var rest = piece[...]
        while !rest.isEmpty {
            if var file = current {
                let part = rest.prefix(Int(min(file.rest, Int64(rest.count))))
                file.digest.update(part)
                try file.handle.write(contentsOf: Data(part))
                file.rest -= Int64(part.count)
                rest = rest.dropFirst(part.count)
                current = file
                if file.rest == 0 { try finish(file) }
            } else if padding > 0 {
                let count = min(padding, Int64(rest.count))
                padding -= count
                rest = rest.dropFirst(Int(count))
            } else {
                let part = rest.prefix(Tar.blockSize - header.count)
                header += part
                rest = rest.dropFirst(part.count)
                if header.count == Tar.blockSize { try begin() }
            }
        }
    }

    /// After the last byte.
    func end() throws {
        guard hasEnded, done == Set(block.files.keys) else {
            throw damage("it holds \(done.count) of its \(block.files.count) files")
        }
        for name in ["chunks", ""] { try synchronize(folder.appending(path: name).path) }
    }

    private func begin() throws {
        defer { header = [] }
        if header.allSatisfy({ $0 == 0 }) {
            hasEnded = true
            return
        }
        let whole = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
        guard !hasEnded, whole.hasPrefix("\(block.ulid)/") else { throw damage("it holds what is no file of it") }
        let name = String(whole.dropFirst(block.ulid.utf8.count + 1))
        guard let expected = block.files[name], !done.contains(name),
            try header == Tar.header(whole, bytes: expected.bytes)
        else {
            throw damage("the file \(name.prefix(60)) is not the recorded one")
        }
        let file = folder.appending(path: name)
        let descriptor = file.path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        let opened = (
            name: name, handle: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), digest: SHA256(),
            rest: expected.bytes
        )
        current = opened
        if expected.bytes == 0 { try finish(opened) }
    }

    private func finish(_ file: (name: String, handle: FileHandle, digest: SHA256, rest: Int64)) throws {
        current = nil
        try file.handle.synchronize()
        try file.handle.close()
        let expected = block.files[file.name]
        guard file.digest.finalizeHex() == expected?.sha256 else {
            throw damage("the file \(file.name) is not what was backed up")
        }
        padding = Int64(Tar.padding(after: expected?.bytes ?? 0).count)
        done.insert(file.name)
    }

    private func damage(_ message: String) -> PrometheusError {
        PrometheusError(.damaged, "the block \(block.ulid): \(message)")
    }
}

/// Makes the entries of a folder last.
func synchronize(_ path: String) throws {
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw CocoaError(.fileWriteUnknown) }
}
