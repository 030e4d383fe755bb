import Foundation

/// What a backup holds: the blocks whose union it is, and what the server answered about them when it was taken.
public struct PrometheusFingerprint: Codable, Sendable, Hashable {
    public struct File: Codable, Sendable, Hashable {
        public var bytes: Int64
        /// SHA-256, hexadecimal.
        public var sha256: String
    }

    public struct Block: Codable, Sendable, Hashable {
        public var ulid: String
        /// Milliseconds since 1970: from this on, and before ``maxTime``.
        public var minTime: Int64
        public var maxTime: Int64
        public var samples: Int64
        public var series: Int64
        /// By their names in the block's folder: `chunks/000001`.
        public var files: [String: File]

        var artifactName: String { "block-\(ulid).tar" }
    }

    /// A query that the protected server answered.
    public struct Probe: Codable, Sendable, Hashable {
        public var query: String
        /// Milliseconds since 1970.
        public var time: Int64
        public var value: Double
    }

    /// By their beginning.
    public var blocks: [Block]
    public var probes: [Probe]
    /// Of the server, which the probes depend on: `5m`.
    public var lookback: String

    var canonicalJSON: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(blocks: [Block], probes: [Probe], lookback: String) {
        self.blocks = blocks.sorted { ($0.minTime, $0.maxTime, $0.ulid) < ($1.minTime, $1.maxTime, $1.ulid) }
        self.probes = probes
        self.lookback = lookback
    }

    init(canonicalJSON text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
}

/// The parts of a block's `meta.json` that matter here.
struct BlockMeta: Decodable, Sendable {
    struct Stats: Decodable, Sendable {
        var numSamples: Int64?
        var numSeries: Int64?
    }

    var ulid: String
    var minTime: Int64
    var maxTime: Int64
    var stats: Stats?

    /// 26 characters of Crockford's base 32: also what makes it safe as a name of a folder and of an object.
    static func isULID(_ name: String) -> Bool {
        let alphabet = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        return name.utf8.count == 26 && name.utf8.allSatisfy(alphabet.contains)
    }
}
