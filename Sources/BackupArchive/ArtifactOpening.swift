import Cryptography
import Foundation
import ObjectStore
import Processes

/// One reading of one artifact: three stages beside each other, so that the store, age and zstd wait for none but the
/// slowest.
struct ArtifactOpening {
    let artifact: ArtifactInfo
    let store: any ObjectStore
    let identities: [AgeIdentity]

    func run(into bytes: PlainBytes) async throws {
        let info = try await Self.find(artifact, in: store)
        let cause = FirstCause()
        do {
            let count = try await withChild(Command("zstd", ["-q", "-d", "-c"])) { zstd in
                try await unpack(info, zstd, cause, into: bytes)
            }
            guard count == artifact.plainBytes else {
                throw ArchiveError(
                    .corrupt, key: artifact.key,
                    "it unpacks to \(count) bytes, the manifest says \(artifact.plainBytes)")
            }
        } catch {
            try Task.checkCancellation()
            if let first = cause.error { throw first }
            if let error = error as? ProcessError, case .exited = error.code {
                // Every byte was authentic: it was not zstd's own output that was encrypted.
                throw ArchiveError(.corrupt, key: artifact.key, "the object cannot be unpacked: \(error)")
            }
            throw error
        }
    }

    private func unpack(
        _ info: ObjectInfo, _ zstd: ChildStreams, _ cause: FirstCause, into bytes: PlainBytes
    ) async throws -> Int64 {
        let opened = BoundedChannel<[UInt8]>(capacity: 1)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await open(info, into: opened)
                    opened.finish()
                } catch {
                    cause.note(error)
                    opened.fail(error)
                    throw error
                }
            }
            group.addTask {
                defer { zstd.input.close() }
                do {
                    while let piece = try await opened.receive() { try await zstd.input.write(piece) }
                } catch {
                    opened.fail(error)
                    throw error
                }
            }
            do {
                var count: Int64 = 0
                while true {
                    let piece = try await zstd.output.readFully(1 << 20)
                    if piece.isEmpty { break }
                    count += Int64(piece.count)
                    try await bytes.channel.send(piece)
                }
                try await group.waitForAll()
                return count
            } catch {
                // Breaks zstd's pipe, and so the writer's, which may be waiting for room in it.
                zstd.output.close()
                opened.fail(error)
                group.cancelAll()
                throw error
            }
        }
    }

    private func open(_ info: ObjectInfo, into opened: BoundedChannel<[UInt8]>) async throws {
        let digest = SHA256()
        do {
            let decryptor = try AgeDecryptor(
                identities: identities, threads: min(2, ProcessInfo.processInfo.activeProcessorCount))
            try await store.download(info) { piece in
                digest.update(piece)
                let plain = try decryptor.open(piece)
                if !plain.isEmpty { try await opened.send(plain) }
            }
            let plain = try decryptor.finish()
            if !plain.isEmpty { try await opened.send(plain) }
        } catch let error as AgeError {
            throw Self.explain(error, artifact.key)
        }
        guard digest.finalizeHex() == artifact.sha256 else { throw Self.changed(artifact) }
    }

    /// - Throws: ``ArchiveError`` with `.missing`, or with `.truncated` for another size than the manifest's.
    static func find(_ artifact: ArtifactInfo, in store: any ObjectStore) async throws -> ObjectInfo {
        guard let info = try await store.head(artifact.key) else {
            throw ArchiveError(.missing, key: artifact.key, "the backup's object is not in the store")
        }
        guard info.size == artifact.bytes else {
            throw ArchiveError(
                .truncated, key: artifact.key, "the object has \(info.size) bytes, the manifest says \(artifact.bytes)")
        }
        return info
    }

    static func changed(_ artifact: ArtifactInfo) -> ArchiveError {
        ArchiveError(.corrupt, key: artifact.key, "the object's SHA-256 is not the manifest's")
    }

    private static func explain(_ error: AgeError, _ key: String) -> ArchiveError {
        switch error.code {
        case .noMatchingIdentity, .invalidIdentity:
            ArchiveError(
                .wrongKey, key: key,
                "no identity that was given opens it: put the age identity of one of its recipients into the Secret of spec.encryption.identitySecret"
            )
        case .truncated: ArchiveError(.truncated, key: key, "the encrypted object ends too early")
        default: ArchiveError(.corrupt, key: key, "the encrypted object was changed: \(error.message)")
        }
    }
}
