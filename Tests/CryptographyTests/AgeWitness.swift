@testable import Cryptography
import Foundation
import Processes

/// The stock `age`, with a key of its own making.
struct AgeWitness {
    let folder: ScratchFolder
    let identity: AgeIdentity
    private let keyFile: String

    init() async throws {
        folder = try ScratchFolder()
        keyFile = folder.path("key.txt")
        _ = try await runChild(Command("age-keygen", ["-o", keyFile]))
        identity = try AgeIdentity.parseFile(String(contentsOfFile: keyFile, encoding: .utf8))[0]
    }

    func encrypt(_ plain: [UInt8], to recipients: [AgeRecipient]) async throws -> [UInt8] {
        try await runChild(
            Command("age", recipients.flatMap { ["-r", $0.description] }), input: plain, limit: 64 << 20)
    }

    /// Nil when `age` refuses.
    func decrypt(_ file: [UInt8]) async throws -> [UInt8]? {
        do {
            return try await runChild(Command("age", ["-d", "-i", keyFile]), input: file, limit: 64 << 20)
        } catch let error as ProcessError {
            guard case .exited = error.code else { throw error }
            return nil
        }
    }
}

/// Our own side of the same, in pieces of a given size.
enum Ours {
    static func encrypt(_ plain: [UInt8], to recipients: [AgeRecipient], piece: Int = 1 << 20) throws -> [UInt8] {
        let encryptor = try AgeEncryptor(recipients: recipients, threads: piece > 1 << 19 ? 3 : 1)
        var file: [UInt8] = []
        for start in stride(from: 0, to: plain.count, by: piece) {
            file += try encryptor.seal(Array(plain[start..<min(start + piece, plain.count)]))
        }
        return file + (try encryptor.finish())
    }

    static func decrypt(_ file: [UInt8], _ identities: [AgeIdentity], piece: Int = 1 << 20) throws -> [UInt8] {
        let decryptor = try AgeDecryptor(identities: identities, threads: piece > 1 << 19 ? 3 : 1)
        var plain: [UInt8] = []
        for start in stride(from: 0, to: file.count, by: piece) {
            plain += try decryptor.open(Array(file[start..<min(start + piece, file.count)]))
        }
        return plain + (try decryptor.finish())
    }

    /// The code of the refusal; nil when the file is accepted.
    static func refusal(_ file: [UInt8], _ identities: [AgeIdentity], piece: Int = 1 << 20) -> AgeError.Code? {
        do {
            _ = try decrypt(file, identities, piece: piece)
            return nil
        } catch { return (error as? AgeError)?.code ?? .library }
    }
}

/// Where the parts of a file of one X25519 recipient lie.
struct Layout {
    let payload: Int
    let chunks: [Range<Int>]

    init(_ file: [UInt8]) throws {
        payload = (try AgeHeaderReader.length(of: file) ?? file.count) + 16
        chunks = stride(from: payload, to: file.count, by: 65552).map { $0..<min($0 + 65552, file.count) }
    }
}

extension AgeHeaderReader {
    static func length(of file: [UInt8]) throws -> Int? {
        var reader = AgeHeaderReader()
        return try file.withUnsafeBytes { try reader.read($0)?.consumed }
    }
}
