import ArgumentParser
import Cryptography
import Foundation

/// Hidden: standard input to standard output in the age format, for `hack/bench age`.
struct DebugAge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug-age", shouldDisplay: false, subcommands: [Encrypt.self, Decrypt.self])

    struct Encrypt: ParsableCommand {
        @Option(name: .customShort("r"), help: "age1…") var recipient: [String]
        @Option var threads = 2

        func run() throws {
            let encryptor = try AgeEncryptor(
                recipients: recipient.map { try AgeRecipient(parsing: $0) }, threads: threads)
            try DebugAge.pump {
                try encryptor.seal($0, into: &$1)
            } finish: {
                try encryptor.finish(into: &$0)
            }
        }
    }

    struct Decrypt: ParsableCommand {
        @Option(name: .customShort("i"), help: "A file of identities.") var identity: String
        @Option var threads = 2

        func run() throws {
            let text = try String(contentsOfFile: identity, encoding: .utf8)
            let decryptor = try AgeDecryptor(identities: AgeIdentity.parseFile(text), threads: threads)
            try DebugAge.pump {
                try decryptor.open($0, into: &$1)
            } finish: {
                try decryptor.finish(into: &$0)
            }
        }
    }

    /// Large pieces, so that each gives every thread enough to do.
    private static func pump(
        _ transform: (UnsafeRawBufferPointer, inout [UInt8]) throws -> Void, finish: (inout [UInt8]) throws -> Void
    ) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
        defer { piece.deallocate() }
        var output: [UInt8] = []
        while true {
            var filled = 0
            while filled < piece.count, let start = piece.baseAddress {
                let got = read(0, start + filled, piece.count - filled)
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                if got == 0 { break }
                filled += got
            }
            output.removeAll(keepingCapacity: true)
            if filled > 0 {
                try transform(UnsafeRawBufferPointer(rebasing: piece[..<filled]), &output)
            } else {
                try finish(&output)
            }
            var written = 0
            try output.withUnsafeBytes { bytes in
                while written < bytes.count, let start = bytes.baseAddress {
                    let count = write(1, start + written, bytes.count - written)
                    if count < 0, errno == EINTR { continue }
                    guard count >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                    written += count
                }
            }
            if filled == 0 { return }
        }
    }
}
