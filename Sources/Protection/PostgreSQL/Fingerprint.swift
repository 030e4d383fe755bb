public import Cryptography
public import Foundation

/// What a database holds, in a form that tells whether another holds the same: rows of every table, sequences and
/// large objects. Two databases with the same contents have equal fingerprints, whatever the order of their rows.
public struct Fingerprint: Sendable, Hashable, Codable {
    public struct Table: Sendable, Hashable, Codable {
        public var schema: String
        public var name: String
        /// The columns in the order of their COPY; generated columns are not among them.
        public var columns: [String]
        public var rows: Int64
        /// Bytes of the rows as COPY text, newlines included.
        public var bytes: Int64
        public var checksum: RowSum
        /// The table belongs to an extension that keeps some of its rows itself: only these rows were dumped.
        public var isConfiguration: Bool
        /// The rows of its partitions are counted here: they were dumped to be loaded through it.
        public var includesPartitions: Bool

        public init(
            schema: String, name: String, columns: [String], rows: Int64 = 0, bytes: Int64 = 0,
            checksum: RowSum = RowSum(), isConfiguration: Bool = false, includesPartitions: Bool = false
        ) {
            self.schema = schema
            self.name = name
            self.columns = columns
            self.rows = rows
            self.bytes = bytes
            self.checksum = checksum
            self.isConfiguration = isConfiguration
            self.includesPartitions = includesPartitions
        }
    }

    public struct Sequence: Sendable, Hashable, Codable {
        public var schema: String
        public var name: String
        public var lastValue: Int64
        public var isCalled: Bool

        public init(schema: String, name: String, lastValue: Int64, isCalled: Bool) {
            self.schema = schema
            self.name = name
            self.lastValue = lastValue
            self.isCalled = isCalled
        }
    }

    public struct LargeObjects: Sendable, Hashable, Codable {
        public var count: Int64
        public var bytes: Int64
        public var checksum: RowSum

        public init(count: Int64 = 0, bytes: Int64 = 0, checksum: RowSum = RowSum()) {
            self.count = count
            self.bytes = bytes
            self.checksum = checksum
        }
    }

    /// 1. A change in what is hashed gets a new number.
    public var version: Int
    /// Sorted by schema and name.
    public var tables: [Table]
    /// Sorted by schema and name.
    public var sequences: [Sequence]
    public var largeObjects: LargeObjects

    public init(tables: [Table] = [], sequences: [Sequence] = [], largeObjects: LargeObjects = LargeObjects()) {
        version = 1
        self.tables = tables.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
        self.sequences = sequences.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
        self.largeObjects = largeObjects
    }

    public var totalRows: Int64 { tables.reduce(0) { $0 + $1.rows } }
    public var totalBytes: Int64 { tables.reduce(0) { $0 + $1.bytes } }

    /// The document that ``digest`` is of: JSON with sorted keys and without blanks.
    public var canonicalJSON: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }

    /// SHA-256 of ``canonicalJSON``, in lowercase hexadecimal: one short value for people to compare.
    public var digest: String {
        get throws { try SHA256.hexHash([UInt8](canonicalJSON)) }
    }
}

/// A sum modulo 2^128 of row hashes: the same for the same rows in any order, different for one row more, less or
/// changed. Written as 32 hexadecimal digits.
public struct RowSum: Sendable, Hashable, Codable, CustomStringConvertible {
    public private(set) var low: UInt64 = 0
    public private(set) var high: UInt64 = 0

    public init() {}

    @inlinable
    public mutating func add(_ row: UnsafeRawBufferPointer) {
        let (first, second) = RowHash.hash(row)
        add(low: first, high: second)
    }

    public static func += (sum: inout RowSum, other: RowSum) { sum.add(low: other.low, high: other.high) }

    @usableFromInline
    mutating func add(low addend: UInt64, high highAddend: UInt64) {
        let (sum, overflow) = low.addingReportingOverflow(addend)
        low = sum
        high = high &+ highAddend &+ (overflow ? 1 : 0)
    }

    public var description: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 32 hexadecimal digits") }
        self.low = low
        self.high = high
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
