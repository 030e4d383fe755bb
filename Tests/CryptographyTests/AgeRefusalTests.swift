@testable import Cryptography
import Testing

/// What was changed is refused, and by us exactly where `age` refuses it.
@Suite struct AgeRefusalTests {
    /// Neither side may give out anything else than the plaintext, and both must agree.
    private func compare(
        _ age: AgeWitness, _ file: [UInt8], plain: [UInt8], _ what: String, pieces: [Int] = [1 << 20],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let theirs = try await age.decrypt(file)
        for piece in pieces {
            let ours = try? Ours.decrypt(file, [age.identity], piece: piece)
            #expect((ours == nil) == (theirs == nil), "\(what), pieces of \(piece)", sourceLocation: sourceLocation)
            if let ours { #expect(ours == plain, "\(what)", sourceLocation: sourceLocation) }
        }
    }

    @Test(arguments: [0, 1, 65536, 65537, 3 * 65536, 3 * 65536 + 100])
    func `a file cut anywhere is refused`(size: Int) async throws {
        let age = try await AgeWitness()
        var random = FixedRandom(seed: 1)
        let plain = random.bytes(size)
        let file = try Ours.encrypt(plain, to: [age.identity.recipient])
        let layout = try Layout(file)
        var cuts = Set([0, 1, 20, 22, layout.payload - 17, layout.payload - 16, layout.payload - 15, layout.payload])
        for chunk in layout.chunks {
            for edge in [chunk.lowerBound, chunk.lowerBound + 16, chunk.upperBound - 16, chunk.upperBound] {
                cuts.formUnion([edge - 1, edge, edge + 1])
            }
        }
        for cut in cuts.filter({ $0 < file.count && $0 >= 0 }).sorted() {
            let short = Array(file[..<cut])
            let code = try #require(Ours.refusal(short, [age.identity]))
            let atBoundary = cut <= layout.payload || layout.chunks.contains { $0.upperBound == cut }
            if atBoundary { #expect(code == .truncated, "cut at \(cut)") }
            #expect(code == .truncated || code == .corrupt)
            try await compare(age, short, plain: plain, "cut at \(cut)")
        }
        for cut in 0..<(layout.payload + 16) {
            let code = Ours.refusal(Array(file[..<cut]), [age.identity], piece: 13)
            #expect(code == .truncated, "cut at \(cut)")
        }
    }

    @Test func `a header with one byte changed is refused`() async throws {
        let age = try await AgeWitness()
        let other = try AgeIdentity.generate()
        let plain = Array("plain".utf8)
        let file = try Ours.encrypt(plain, to: [other.recipient, age.identity.recipient])
        let length = try Layout(file).payload
        for position in 0..<length {
            var changed = file
            changed[position] ^= 1
            try await compare(age, changed, plain: plain, "byte \(position)")
            for bit in UInt8(0)..<8 {
                changed[position] = file[position] ^ 1 << bit
                #expect(Ours.refusal(changed, [age.identity]) != nil, "byte \(position), bit \(bit)")
            }
        }
    }

    @Test func `chunks exchanged, doubled, left out or taken from another file are refused`() async throws {
        let age = try await AgeWitness()
        var random = FixedRandom(seed: 2)
        let plain = random.bytes(4 * 65536 + 1000)
        let file = try Ours.encrypt(plain, to: [age.identity.recipient])
        let other = try Ours.encrypt(plain, to: [age.identity.recipient])
        let layout = try Layout(file)
        let head = Array(file[..<layout.payload])
        let chunks = layout.chunks.map { Array(file[$0]) }
        let foreign = Array(other[layout.chunks[1]])
        let orders: [(String, [[UInt8]])] = [
            ("exchanged", [chunks[1], chunks[0]] + chunks[2...]),
            ("last two exchanged", Array(chunks[..<3]) + [chunks[4], chunks[3]]),
            ("doubled", [chunks[0], chunks[0]] + chunks[1...]),
            ("last doubled", chunks + [chunks[4]]),
            ("first left out", Array(chunks[1...])),
            ("inner left out", [chunks[0]] + chunks[2...]),
            ("last left out", Array(chunks[..<4])),
            ("foreign", [chunks[0], foreign] + chunks[2...]),
            ("only the last", [chunks[4]]),
            ("more after the end", chunks + [[0]]),
            ("a whole file after the end", chunks + [file]),
        ]
        for (what, order) in orders {
            let changed = head + order.flatMap(\.self)
            #expect(Ours.refusal(changed, [age.identity]) != nil, "\(what)")
            try await compare(age, changed, plain: plain, what, pieces: [1 << 20, 65552, 10_007])
        }
        #expect(Ours.refusal(head + chunks[..<4].flatMap(\.self), [age.identity]) == .truncated)
    }

    @Test func `a flipped bit anywhere in the payload is refused, and nothing of its chunk comes out`() async throws {
        let age = try await AgeWitness()
        var random = FixedRandom(seed: 3)
        let plain = random.bytes(3 * 65536 + 777)
        let file = try Ours.encrypt(plain, to: [age.identity.recipient])
        let layout = try Layout(file)
        for round in 0..<300 {
            let position = Int.random(in: (layout.payload - 16)..<file.count, using: &random)
            var changed = file
            changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let decryptor = try AgeDecryptor(identities: [age.identity])
            var out: [UInt8] = []
            #expect(throws: AgeError.self) {
                for start in stride(from: 0, to: changed.count, by: 10_007) {
                    try decryptor.open(Array(changed[start..<min(start + 10_007, changed.count)]), into: &out)
                }
                try decryptor.finish(into: &out)
            }
            let chunk = max(0, (position - layout.payload) / 65552)
            #expect(out.count <= chunk * 65536)
            #expect(plain.starts(with: out))
            if round % 10 == 0 { try await compare(age, changed, plain: plain, "bit at \(position)") }
        }
    }

    @Test func `random damage with a fixed seed is refused or changes nothing`() throws {
        let identity = try AgeIdentity.generate()
        var random = FixedRandom(seed: 4)
        let plain = random.bytes(70_000)
        let file = try Ours.encrypt(plain, to: [identity.recipient])
        let header = try Layout(file).payload
        for _ in 0..<3000 {
            var changed = file
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                // Half of the damage in the header, where the parser is.
                let limit = Bool.random(using: &random) ? min(header, changed.count) : changed.count
                guard limit > 0 else { break }
                let position = Int.random(in: 0..<limit, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: changed[position] = UInt8.random(in: 0...255, using: &random)
                case 1: changed.insert(UInt8.random(in: 0...255, using: &random), at: position)
                case 2: changed.remove(at: position)
                case 3: changed.removeLast(changed.count - position)
                case 4: changed.insert(contentsOf: changed[position..<min(position + 50, changed.count)], at: position)
                default: changed[position] = Array("\n \r->-=1".utf8).randomElement(using: &random) ?? 0
                }
            }
            let piece = Int.random(in: 1...100_000, using: &random)
            if let out = try? Ours.decrypt(changed, [identity], piece: max(piece, 50)) {
                #expect(out == plain && changed == file)
            }
        }
    }

    @Test(arguments: [
        ("", AgeError.Code.truncated), ("age-encryption.org/v1", .truncated), ("age-encryption.org/v1\n", .truncated),
        ("age-encryption.org/v2\n", .notAnAgeFile), ("age-encryption.org/v1\r\n", .notAnAgeFile),
        ("age-encryption.org/v11\n", .notAnAgeFile), ("-----BEGIN AGE ENCRYPTED FILE-----\n", .notAnAgeFile),
        ("PGDMP", .notAnAgeFile), ("\n", .notAnAgeFile), ("age-encryption.org/v1\n\n", .corrupt),
        ("age-encryption.org/v1\n--- \n", .corrupt), ("age-encryption.org/v1\n---\n", .corrupt),
        ("age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", .noMatchingIdentity),
        (
            "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\n\n--- \(String(repeating: "A", count: 43))\n",
            .noMatchingIdentity
        ),
    ])
    func `what is no age file is told from a damaged one`(text: String, code: AgeError.Code) async throws {
        let age = try await AgeWitness()
        #expect(Ours.refusal(Array(text.utf8), [age.identity]) == code)
        #expect(try await age.decrypt(Array(text.utf8)) == nil)
    }

    @Test func `a header without an end is refused before it fills the memory`() throws {
        let decryptor = try AgeDecryptor(identities: [AgeIdentity.generate()])
        _ = try decryptor.open(Array("age-encryption.org/v1\n-> x\n".utf8))
        let line = Array((String(repeating: "A", count: 64) + "\n").utf8)
        let code = #expect(throws: AgeError.self) {
            for _ in 0..<100_000 { _ = try decryptor.open(line) }
        }
        #expect(code?.code == .corrupt)
        let endless = try AgeDecryptor(identities: [AgeIdentity.generate()])
        #expect(throws: AgeError.self) {
            _ = try endless.open(Array("age-encryption.org/v1\n".utf8) + [UInt8](repeating: 65, count: 2 << 20))
        }
    }
}
