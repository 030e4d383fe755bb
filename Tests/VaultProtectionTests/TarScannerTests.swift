import Foundation
import Processes
import Testing

@testable import VaultProtection

@Suite struct TarScannerTests {
    /// A header as Go's archive/tar writes it.
    private func header(_ name: String, size: Int, kind: Character) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            String(repeating: "0", count: digits - String(value, radix: 8).count) + String(value, radix: 8)
        }
        put(name, at: 0)
        put(octal(size, 11), at: 124)
        put(String(kind), at: 156)
        put("ustar\0" + "00", at: 257)
        put("        ", at: 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        return header
    }

    private func padded(_ text: String) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
    }

    /// Of a size that a test may have: what matters is where it is written.
    @Test func `A size that stands before the member in an extended header is its size`() throws {
        let large = String(repeating: "x", count: 1000)
        let records = "22 path=much/longer/n\n13 size=1000\n"
        let archive =
            header("pax_global_header", size: 18, kind: "g") + padded("18 comment=whatso\n")
            + header("PaxHeaders.0/state.bin", size: records.utf8.count, kind: "x") + padded(records)
            + header("state.bin", size: 0, kind: "0") + padded(large)
            + header("meta.json", size: 2, kind: "0") + padded("{}") + [UInt8](repeating: 0, count: 1024)
        for step in [1, 7, 512, 4096] {
            var scanner = TarScanner()
            for start in stride(from: 0, to: archive.count, by: step) {
                try scanner.take(Array(archive[start..<min(start + step, archive.count)]))
            }
            #expect(scanner.hasEnded)
            #expect(
                scanner.members.map(\.name) == ["much/longer/n", "meta.json"]
                    && scanner.members.map(\.bytes) == [1000, 2])
            #expect(scanner.members.first?.content == Array(large.utf8))
        }
    }

    @Test(arguments: ["size=5\n", "99 size=5\n", "11 size=x5\n", "0 \n", "11 size=-1\n"])
    func `An extended header that is none is damage`(_ records: String) {
        var scanner = TarScanner()
        #expect(throws: TarScanner.Malformed.self) {
            try scanner.take(
                header("PaxHeaders.0/a", size: records.utf8.count, kind: "x") + padded(records)
                    + header("a", size: 0, kind: "0"))
        }
    }

    @Test func `A real archive of more than eight gigabytes says its size in an extended header`() async throws {
        let script = """
            import io, sys, tarfile
            member = tarfile.TarInfo("state.bin"); member.size = 9 << 30
            sys.stdout.buffer.write(member.tobuf(format=tarfile.PAX_FORMAT))
            """
        var scanner = TarScanner()
        try scanner.take(try await runChild(Command("python3", ["-c", script])) + [1, 2, 3])
        #expect(scanner.bytesLeft == (9 << 30) - 3)
    }
}
