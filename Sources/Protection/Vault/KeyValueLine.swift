import Cryptography
import Foundation

/// One line of a KeyValueExport: of a mount, of a secret of KV version 2, of one of its versions, or of a secret of version 1.
struct KeyValueLine: Codable, Sendable, Hashable {
    struct Configuration: Codable, Sendable, Hashable {
        var max_versions: Int64
        var cas_required: Bool
        /// `0s`: never.
        var delete_version_after: String
    }

    struct Settings: Codable, Sendable, Hashable {
        var configuration: Configuration
        var custom_metadata: [String: String]?
        var current_version: Int64
    }

    enum State: String, Codable, Sendable, Hashable { case available, deleted, destroyed }

    /// With its slash: `secret/`.
    var mount: String
    /// Only of a mount: 1 or 2.
    var kv: Int?
    var description: String?
    var configuration: Configuration?
    /// Of a secret, below the mount.
    var path: String?
    var secret: Settings?
    var version: Int64?
    var state: State?
    var created: String?
    /// When it was deleted, or will be.
    var deletion: String?
    /// The secret itself, as the server wrote it. It is the line's last member.
    var data: [UInt8]?

    private enum CodingKeys: CodingKey {
        case mount, kv, description, configuration, path, secret, version, state, created, deletion
    }

    init(mount: String, path: String? = nil) {
        self.mount = mount
        self.path = path
    }

    /// - Throws: `RawJSON.Malformed`, `DecodingError`.
    init(parsing text: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text))
        data = try RawJSON.members(text)["data"]
    }

    /// Without the line's end; the same for the same values.
    var text: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var text = Array(try encoder.encode(self))
            guard let data else { return text }
            text.removeLast()
            return text + Array(#","data":"#.utf8) + data + [UInt8(ascii: "}")]
        }
    }

    /// What a restore brings back: all but the times, and a deleted version, which no server shows, like a destroyed one. A
    /// mount's settings may have been out of the backup's sight.
    var restorable: KeyValueLine {
        var line = self
        (line.created, line.deletion, line.configuration) = (nil, nil, nil)
        if state == .deleted { line.state = .destroyed }
        return line
    }
}

/// A secret with what belongs to it: one line of version 1; of version 2 its settings, and its versions in order.
struct KeyValueSecret: Sendable, Hashable {
    var lines: [KeyValueLine]

    var mount: String { lines[0].mount }
    var path: String { lines[0].path ?? "" }
    var settings: KeyValueLine.Settings? { lines[0].secret }
    var versions: ArraySlice<KeyValueLine> { lines.dropFirst() }
}

/// The digests and the numbers of the lines that went by.
struct KeyValueTally: Sendable {
    /// Of each line with the digest of all before it.
    private(set) var digest = ""
    /// The same, of what a restore brings back.
    private(set) var restorableDigest = ""
    private(set) var mounts: [String] = []
    private(set) var secrets: Int64 = 0
    private(set) var versions: Int64 = 0
    /// Deleted versions, whose data nobody can read.
    private(set) var deleted: Int64 = 0

    mutating func add(_ line: KeyValueLine) throws {
        digest = SHA256.hexHash(Array(digest.utf8) + (try line.text))
        restorableDigest = SHA256.hexHash(Array(restorableDigest.utf8) + (try line.restorable.text))
        if line.kv != nil {
            mounts.append(line.mount)
        } else if line.version == nil {
            secrets += 1
        } else {
            versions += 1
        }
        if line.state == .deleted { deleted += 1 }
    }
}
