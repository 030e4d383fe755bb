import Foundation
import Processes
import Testing

/// A fresh folder, removed with the object.
final class ScratchFolder: Sendable {
    let url: URL

    init() throws {
        // A program that refuses early closes its input; that must not end the tests.
        SignalPolicy.ignoreBrokenPipes()
        url = FileManager.default.temporaryDirectory.appending(path: "cryptography-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }
}

/// The same numbers in every run: xorshift64* with a fixed seed.
struct FixedRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (count + 7) / 8 * 8) { buffer, filled in
            for offset in stride(from: 0, to: count, by: 8) {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(of: next(), toByteOffset: offset, as: UInt64.self)
            }
            filled = count
        }
    }
}
