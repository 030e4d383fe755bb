import Cryptography
import Foundation
import Processes
import Testing

@Suite struct RowHashTests {
    /// Fixed for ever: old fingerprints are compared with new ones.
    @Test(arguments: [
        ("", "a60c54d6a9775104 cf33027986c4f808"), ("a", "0f4a4a989aecb324 a57cd6bd11729d7f"),
        ("abcdefgh", "f7586bdab15ec897 e923229b163acdfe"), ("abcdefghijklmnop", "3353d4bb149c909f 81463d0d457ebfdc"),
        ("1\tHotswap\t2026-11-23 00:00:00+00\tt", "627242c46a52da4d a86d7106d80384de"),
    ])
    func `the hash of a row never changes`(row: String, hash: String) {
        #expect(text(RowHash.hash(Array(row.utf8))) == hash)
    }

    @Test func `the Python reference gives the same hashes`() async throws {
        var random = FixedRandom(seed: 5)
        let rows = (1...300).map { random.bytes($0) } + [[UInt8](repeating: 0, count: 100), random.bytes(100_000)]
        let script = try #require(Bundle.module.path(forResource: "row_hash", ofType: "py", inDirectory: "Resources"))
        let input = rows.map { $0.hexString + "\n" }.joined()
        let output = try await runChild(Command("python3", [script]), input: Array(input.utf8))
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines == rows.map { text(RowHash.hash($0)) })
    }

    @Test func `a row's hash does not depend on where it lies in memory`() {
        var random = FixedRandom(seed: 6)
        let row = random.bytes(203)
        let expected = text(RowHash.hash(row))
        for shift in 0..<16 {
            let moved = [UInt8](repeating: 0xff, count: shift) + row + [UInt8](repeating: 0xff, count: 16)
            moved.withUnsafeBytes {
                #expect(text(RowHash.hash(.init(rebasing: $0[shift..<(shift + 203)]))) == expected)
            }
        }
    }

    /// A change of any one bit must change every bit of the result in half of all cases.
    @Test(arguments: [5, 8, 15, 16, 17, 31, 33, 64, 200])
    func `every input bit moves every output bit`(length: Int) {
        var random = FixedRandom(seed: UInt64(length))
        let trials = 400
        let inputBits = length * 8
        var worst = 0.0
        for bit in stride(from: 0, to: inputBits, by: max(1, inputBits / 64)) {
            var flips = [Int](repeating: 0, count: 128)
            for _ in 0..<trials {
                var row = random.bytes(length)
                let (a, b) = RowHash.hash(row)
                row[bit / 8] ^= 1 << UInt8(bit % 8)
                let (c, d) = RowHash.hash(row)
                for index in 0..<64 {
                    flips[index] += Int((a ^ c) >> UInt64(index) & 1)
                    flips[64 + index] += Int((b ^ d) >> UInt64(index) & 1)
                }
            }
            for count in flips { worst = max(worst, abs(Double(count) / Double(trials) - 0.5)) }
        }
        // 400 fair coins stray 0.16 from a half less than once in a billion times.
        #expect(worst < 0.16)
    }

    @Test func `rows that differ little never meet`() {
        var seen = Set<[UInt64]>()
        var count = 0
        func add(_ row: [UInt8]) {
            let (a, b) = RowHash.hash(row)
            seen.insert([a, b])
            count += 1
        }
        for number in 0..<100_000 { add(Array("\(number)\trow".utf8)) }
        for length in 0..<2000 { add([UInt8](repeating: 0, count: length)) }
        for position in 0..<300 {
            for value in UInt8(1)...255 {
                var row = [UInt8](repeating: 0, count: 3000)
                row[position] = value
                add(row)
            }
        }
        #expect(seen.count == count)
        // Each half alone should do for so few as well.
        #expect(Set(seen.map { $0[0] }).count == count)
        #expect(Set(seen.map { $0[1] }).count == count)
    }

    /// A factor of zero must not wipe out what came before it.
    @Test func `a word that meets a constant hides nothing`() {
        let constant: [UInt64] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]
        var seen = Set<[UInt64]>()
        for prefix in UInt8(0)...255 {
            for (u, v) in [(0, constant[0]), (constant[1], 0), (constant[1], constant[0])] as [(UInt64, UInt64)] {
                var row = [UInt8](repeating: prefix, count: 16)
                withUnsafeBytes(of: u.littleEndian) { row += $0 }
                withUnsafeBytes(of: v.littleEndian) { row += $0 }
                let (a, b) = RowHash.hash(row)
                seen.formUnion([[0, a], [1, b]])
            }
        }
        #expect(seen.count == 256 * 3 * 2)
    }

    private func text(_ hash: (UInt64, UInt64)) -> String {
        [hash.0, hash.1].map { value in
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined(separator: " ")
    }
}
