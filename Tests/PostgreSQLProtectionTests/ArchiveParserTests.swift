import PostgreSQLClient
import Testing

@testable import PostgreSQLProtection

/// A generator with a seed: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let x = state ^ (state >> 33)
        return x &* 0xff51_afd7_ed55_8ccd ^ (x >> 29)
    }
}

@Suite("The archive's parser")
struct ArchiveParserTests {
    /// Writes what `pg_dump` writes, to have every version and oddity without every server.
    struct Writer {
        var bytes: [UInt8] = []
        var integerSize = 4

        mutating func integer(_ value: Int) {
            bytes.append(value < 0 ? 1 : 0)
            for index in 0..<integerSize {
                bytes.append(UInt8(truncatingIfNeeded: value.magnitude >> (8 * UInt(index))))
            }
        }
        mutating func string(_ value: String?) {
            guard let value else { return integer(-1) }
            integer(value.utf8.count)
            bytes += Array(value.utf8)
        }
        mutating func entry(
            _ version: Int, _ id: Int, _ kind: String, tag: String, hasData: Bool, definition: String = "",
            copy: String = ""
        ) {
            integer(id)
            integer(hasData ? 1 : 0)
            for text in ["1259", "16384", tag, kind] { string(text) }
            integer(3)
            for text in [definition, "", copy, "public", ""] { string(text) }
            if version >= 114 { string("heap") }
            if version >= 116 { integer(114) }
            for text in ["owner", "false", "12"] { string(text) }
            string(nil)
            bytes += [UInt8](repeating: 1, count: 9)
        }
        /// Rows in chunks of `chunk` bytes.
        mutating func rows(_ id: Int, _ text: String, chunk: Int) {
            bytes.append(1)
            integer(id)
            var rest = Array((text + "\\.\n\n\n").utf8)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(chunk)
                integer(piece.count)
                bytes += piece
                rest = rest.dropFirst(chunk)
            }
            integer(0)
        }

        static func archive(version: Int, integerSize: Int = 4, chunk: Int = 1000) -> [UInt8] {
            var writer = Writer()
            writer.bytes = Array("PGDMP".utf8) + [1, UInt8(version - 100), 0, UInt8(integerSize), 8, 1]
            writer.integerSize = integerSize
            if version >= 115 { writer.bytes.append(0) } else { writer.integer(0) }
            for value in [1, 2, 3, 4, 5, 126, 0] { writer.integer(value) }
            for text in ["db", "15.14", "15.14"] { writer.string(text) }
            writer.integer(5)
            writer.entry(version, 1, "TABLE", tag: "t", hasData: false)
            writer.entry(
                version, 7, "TABLE DATA", tag: "t", hasData: true,
                copy: "COPY public.t (a, \"b\"\" ) c\") FROM stdin;\n")
            writer.entry(
                version, 8, "TABLE DATA", tag: "none", hasData: true, copy: "COPY public.\"none\"  FROM stdin;\n")
            writer.entry(
                version, 9, "SEQUENCE SET", tag: "s'q", hasData: false,
                definition: "SELECT pg_catalog.setval('public.\"s''q\"', -5, true);\n")
            writer.entry(version, 10, "BLOBS", tag: "BLOBS", hasData: true)
            writer.rows(7, "1\tx\n2\t\\\\.\n\n3\t\\N\n", chunk: chunk)
            writer.rows(8, "", chunk: chunk)
            writer.bytes.append(3)
            writer.integer(10)
            writer.integer(-1_294_967_296)
            writer.integer(3)
            writer.bytes += [1, 2, 3]
            writer.integer(0)
            writer.integer(5)
            writer.integer(0)
            writer.integer(0)
            return writer.bytes
        }
    }

    func parse(_ bytes: [UInt8], pieces: Int = .max) throws -> FingerprintBuilder {
        var parser = ArchiveParser()
        var builder = FingerprintBuilder()
        var rest = bytes[...]
        while !rest.isEmpty {
            try Array(rest.prefix(pieces)).withUnsafeBytes { try parser.consume($0, &builder) }
            rest = rest.dropFirst(pieces)
        }
        try parser.finish()
        return builder
    }

    @Test("reads every version, whatever the size of integers", arguments: [112, 113, 114, 115, 116], [4, 8])
    func versions(version: Int, integerSize: Int) throws {
        let builder = try parse(Writer.archive(version: version, integerSize: integerSize))
        #expect(builder.header.dumpVersion == "15.14")
        #expect(builder.header.database == "db")
        let fingerprint = builder.fingerprint
        #expect(fingerprint.tables.map(\.name) == ["none", "t"])
        #expect(fingerprint.tables.map(\.rows) == [0, 4])
        #expect(fingerprint.tables.map(\.columns) == [[], ["a", "b\" ) c"]])
        #expect(fingerprint.tables.map(\.isConfiguration) == [true, false])
        #expect(fingerprint.sequences == [.init(schema: "public", name: "s'q", lastValue: -5, isCalled: true)])
        #expect(fingerprint.largeObjects.count == 2)
        #expect(fingerprint.largeObjects.bytes == 3)
    }

    @Test("gives the same whatever the pieces and the chunks", arguments: [1, 2, 3, 7, 64, 1000])
    func pieces(size: Int) throws {
        let whole = try parse(Writer.archive(version: 114)).fingerprint
        for chunk in [1, 2, 3, 5, 100] {
            let bytes = Writer.archive(version: 114, chunk: chunk)
            #expect(try parse(bytes, pieces: size).fingerprint == whole)
        }
    }

    @Test("tells every truncation")
    func truncations() {
        let bytes = Writer.archive(version: 114, chunk: 4)
        for count in 0..<bytes.count {
            let error = #expect(throws: ArchiveError.self) { try parse(Array(bytes.prefix(count))) }
            #expect(error?.code == .truncated)
        }
    }

    @Test("never crashes on damaged bytes, and never takes a damaged archive for the whole one")
    func fuzz() throws {
        var random = SeededGenerator(state: 20_261_123)
        let good = Writer.archive(version: 114, chunk: 6)
        let whole = try parse(good).fingerprint
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[index] = .random(in: 0...255, using: &random)
                case 2: bytes.remove(at: index)
                default: bytes.insert(.random(in: 0...255, using: &random), at: index)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do {
                _ = try parse(bytes, pieces: Int.random(in: 1...400, using: &random)).fingerprint
            } catch is ArchiveError { refused += 1 }
        }
        // Most damage is to the structure; the rest gives another fingerprint or hits what is not part of it.
        #expect(refused > 5_000)
        #expect(whole.tables.count == 2)
    }

    @Test("never crashes on garbage")
    func garbage() {
        var random = SeededGenerator(state: 7)
        for length in [0, 1, 5, 11, 100, 5000] {
            for _ in 0..<200 {
                var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                if Bool.random(using: &random) { bytes = Array("PGDMP".utf8) + [1, 14, 0, 4, 8, 1] + bytes }
                #expect(throws: ArchiveError.self) { try parse(bytes) }
            }
        }
    }

    @Test("refuses what is not this format, with the reason")
    func refusals() {
        var other = Writer.archive(version: 114)
        other[6] = 99
        #expect(
            throws: ArchiveError(
                code: .unsupportedVersion, message: "archive version 1.99 is not known here", offset: 5)
        ) {
            try parse(other)
        }
        let error = #expect(throws: ArchiveError.self) { try parse(Array("-- PostgreSQL database dump\n".utf8)) }
        #expect(error?.code == .notAnArchive)
    }

    @Test("the router gives the rows back whole, in pieces that end with a row", arguments: [1, 5, 1000], [9, 40])
    func router(chunk: Int, pieceSize: Int) throws {
        var parser = ArchiveParser()
        var router = ArchiveRouter(pieceSize: pieceSize, makesFingerprint: true)
        let bytes = Writer.archive(version: 114, chunk: chunk)
        var pieces: [ArchiveRouter.Piece] = []
        for byte in bytes {
            try [byte].withUnsafeBytes { try parser.consume($0, &router) }
            pieces += router.takePieces()
        }
        try parser.finish()
        #expect(pieces.flatMap(\.bytes) == Array("1\tx\n2\t\\\\.\n\n3\t\\N\n".utf8))
        #expect(pieces.allSatisfy { $0.bytes.last == 10 && router.entries[$0.entry].tag == "t" })
        // What is left of it is an archive again: contents and large objects.
        #expect(router.spooledEntries == [10])
        var second = ArchiveParser()
        var builder = FingerprintBuilder()
        let small = (router.prefix ?? []) + router.takeSpool()
        try small.withUnsafeBytes { try second.consume($0, &builder) }
        #expect(builder.fingerprint.largeObjects == router.builder?.fingerprint.largeObjects)
    }
}
