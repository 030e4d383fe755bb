import BackupArchive
import Cryptography
import Foundation
import KubernetesModel
import Processes

/// Whether a raft snapshot is whole: a gzip stream with its checksum, that holds a tar with its end, in which every file is
/// what the member SHA256SUMS says.
struct SnapshotInspection: Sendable, Hashable {
    var members: [String: VaultFingerprint.Member]
    var index: Int64?

    /// Looks at a snapshot that goes by.
    ///
    /// - Parameter feed: Calls its argument with every piece of the snapshot, in order, and returns at its end.
    /// - Throws: ``VaultError`` with `.incompleteSnapshot`; what `feed` threw.
    static func run(
        _ feed: (_ piece: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> SnapshotInspection {
        do {
            let members = try await withChild(
                Command("gzip", ["-dc"], environment: ["LC_ALL": "C", "GZIP": ""], diesWithParent: .kill)
            ) { streams in
                async let scan = scan(streams.output)
                do { try await feed { piece in try await streams.input.write(piece) } } catch {
                    streams.input.close()
                    _ = try? await scan
                    throw error
                }
                streams.input.close()
                return try await scan
            }
            return try check(members)
        } catch let error as ProcessError {
            if error.code == .notStarted {
                throw VaultError(.toolMissing, "gzip could not be started", mend: "install gzip")
            }
            throw incomplete("gzip says: \(error.message.isEmpty ? error.description : error.message)")
        } catch let error as TarScanner.Malformed { throw incomplete(error.description) }
    }

    private static func scan(_ output: PipeEnd) async throws -> [TarScanner.Member] {
        var scanner = TarScanner()
        var failure: (any Error)?
        while true {
            let piece = try await output.readFully(1 << 20)
            if piece.isEmpty { break }
            // Read on to the end: gzip must not wait, and its own words say more.
            if failure == nil { do { try scanner.take(piece) } catch { failure = error } }
        }
        if let failure { throw failure }
        guard scanner.hasEnded else { throw TarScanner.Malformed(description: "the archive has no end") }
        return scanner.members
    }

    static func check(_ members: [TarScanner.Member]) throws(VaultError) -> SnapshotInspection {
        func content(_ name: String) -> [UInt8]? { members.first { $0.name == name }?.content }
        guard let sums = content("SHA256SUMS") else { throw incomplete("it has no SHA256SUMS") }
        var listed: Set<String> = []
        for line in String(decoding: sums, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { throw incomplete("SHA256SUMS is not a list of digests") }
            let name = String(parts[1].drop { $0 == " " || $0 == "*" })
            guard let member = members.first(where: { $0.name == name }) else { throw incomplete("\(name) is missing") }
            guard member.sha256 == parts[0].lowercased() else {
                throw incomplete("\(name) is not what SHA256SUMS says")
            }
            listed.insert(name)
        }
        guard listed.isSuperset(of: ["meta.json", "state.bin"]) else {
            throw incomplete("SHA256SUMS does not name meta.json and state.bin")
        }
        let meta = content("meta.json").flatMap { try? JSON(parsing: Data($0)) }
        guard let state = members.first(where: { $0.name == "state.bin" }), state.bytes > 0,
            (meta?["Size"]?.integer ?? state.bytes) == state.bytes
        else {
            throw incomplete("state.bin has not the size that meta.json says")
        }
        let all = members.map { ($0.name, VaultFingerprint.Member(bytes: $0.bytes, sha256: $0.sha256)) }
        return SnapshotInspection(members: Dictionary(all) { $1 }, index: meta?["Index"]?.integer)
    }

    private static func incomplete(_ message: String) -> VaultError {
        VaultError(
            .incompleteSnapshot, "the snapshot is not whole: \(message)",
            mend: "look at the server's log; it is asked again with the next attempt", isRetriable: true)
    }
}
