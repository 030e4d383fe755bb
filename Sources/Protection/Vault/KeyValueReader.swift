import BackupArchive
import Foundation

/// What an export holds, one after the other.
enum KeyValueItem: Sendable, Hashable {
    case mount(KeyValueLine)
    case secret(KeyValueSecret)
}

enum KeyValueReader {
    /// A secret may have a megabyte; no line comes near this.
    static let lineLimit = 128 << 20

    static func lines(_ pieces: PlainBytes, _ each: (KeyValueLine) async throws -> Void) async throws {
        var rest: [UInt8] = []
        for try await piece in pieces {
            var start = piece.startIndex
            while let end = piece[start...].firstIndex(of: 0x0a) {
                try await each(try line(rest + piece[start..<end]))
                rest = []
                start = end + 1
            }
            rest += piece[start...]
            guard rest.count <= lineLimit else {
                throw VerificationFailure(check: "lines", "a line of the export has no end")
            }
        }
        guard rest.isEmpty else { throw VerificationFailure(check: "lines", "the export's last line has no end") }
    }

    /// Each secret with all its versions.
    static func items(_ pieces: PlainBytes, _ each: (KeyValueItem) async throws -> Void) async throws {
        var open: KeyValueSecret?
        try await lines(pieces) { line in
            if line.version != nil {
                guard open?.path == line.path, open?.mount == line.mount else {
                    throw VerificationFailure(check: "lines", "the export has a version without its secret")
                }
                open?.lines.append(line)
                return
            }
            if let done = open { try await each(.secret(done)) }
            open = nil
            if line.kv != nil { try await each(.mount(line)) } else { open = KeyValueSecret(lines: [line]) }
        }
        if let open { try await each(.secret(open)) }
    }

    static func tally(_ artifact: NamedArtifact, from source: any ArtifactSource) async throws -> KeyValueTally {
        try await source.read(artifact) { pieces in
            var tally = KeyValueTally()
            try await lines(pieces) { try tally.add($0) }
            return tally
        }
    }

    private static func line(_ text: [UInt8]) throws -> KeyValueLine {
        // What the decoder says might hold a secret.
        do { return try KeyValueLine(parsing: text) } catch {
            throw VerificationFailure(check: "lines", "a line of the export is not what was stored")
        }
    }
}
