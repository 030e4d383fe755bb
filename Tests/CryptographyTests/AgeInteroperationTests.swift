@testable import Cryptography
import Processes
import Testing

/// Both ways against the stock `age`.
@Suite struct AgeInteroperationTests {
    static let sizes = [0, 1, 65535, 65536, 65537, 131_072, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 10 << 20]

    @Test(arguments: sizes)
    func `age reads what we write`(size: Int) async throws {
        let age = try await AgeWitness()
        var random = FixedRandom(seed: UInt64(size))
        let plain = random.bytes(size)
        for piece in [1 << 20, 100_000] {
            let file = try Ours.encrypt(plain, to: [age.identity.recipient], piece: piece)
            #expect(try await age.decrypt(file) == plain)
        }
    }

    @Test(arguments: sizes)
    func `we read what age writes, in pieces of any size`(size: Int) async throws {
        let age = try await AgeWitness()
        var random = FixedRandom(seed: UInt64(size))
        let plain = random.bytes(size)
        let file = try await age.encrypt(plain, to: [age.identity.recipient])
        for piece in [1 << 20, 65536, 65552, 65553, 99_991] + (size < 200_000 ? [1, 7] : []) {
            #expect(try Ours.decrypt(file, [age.identity], piece: piece) == plain)
        }
    }

    @Test func `damage in a run shared by several threads is found at its chunk`() throws {
        let identity = try AgeIdentity.generate()
        var random = FixedRandom(seed: 8)
        let plain = random.bytes(30 * 65536 + 5)
        let file = try Ours.encrypt(plain, to: [identity.recipient])
        let layout = try Layout(file)
        for damaged in [[0], [29], [30], [3, 20], [28, 14, 7]] {
            var changed = file
            for chunk in damaged { changed[layout.chunks[chunk].lowerBound + 1] ^= 1 }
            let decryptor = try AgeDecryptor(identities: [identity], threads: 4)
            let error = try #require(throws: AgeError.self) {
                _ = try decryptor.open(changed)
                _ = try decryptor.finish()
            }
            #expect(error.code == .corrupt)
            #expect(error.message.contains("chunk \((damaged.min() ?? 0) + 1) "), "\(error)")
            #expect(throws: error) { try decryptor.open([1]) }
        }
    }

    @Test func `every one of several recipients reads the file, both ways`() async throws {
        let age = try await AgeWitness()
        let others = try (0..<4).map { _ in try AgeIdentity.generate() }
        let all = [others[0], others[1], age.identity, others[2], others[3]]
        let plain = Array("for all of them".utf8)
        let ours = try Ours.encrypt(plain, to: all.map(\.recipient))
        let theirs = try await age.encrypt(plain, to: all.map(\.recipient))
        #expect(try await age.decrypt(ours) == plain)
        for identity in all {
            #expect(try Ours.decrypt(ours, [identity]) == plain)
            #expect(try Ours.decrypt(theirs, [identity]) == plain)
        }
        let strangers = try [AgeIdentity.generate(), AgeIdentity.generate()]
        #expect(try Ours.decrypt(theirs, strangers + [others[3]]) == plain)
        #expect(Ours.refusal(theirs, strangers) == .noMatchingIdentity)
    }

    @Test func `age-keygen derives our recipient from our identity`() async throws {
        let identity = try AgeIdentity.generate()
        let printed = try await runChild(Command("age-keygen", ["-y"]), input: Array(identity.secretKey.utf8))
        #expect(String(decoding: printed, as: UTF8.self) == "\(identity.recipient)\n")
    }

    @Test func `an empty stream, and empty pieces within one, make whole files`() throws {
        let identity = try AgeIdentity.generate()
        let encryptor = try AgeEncryptor(recipients: [identity.recipient])
        var file: [UInt8] = []
        for piece in [[], [1], [], [2, 3], []] as [[UInt8]] { try encryptor.seal(piece, into: &file) }
        try encryptor.finish(into: &file)
        let decryptor = try AgeDecryptor(identities: [identity])
        var plain: [UInt8] = [9]
        for byte in file {
            try decryptor.open([], into: &plain)
            try decryptor.open([byte], into: &plain)
        }
        try decryptor.finish(into: &plain)
        #expect(plain == [9, 1, 2, 3])
    }

    @Test func `after the end both refuse further use`() throws {
        let identity = try AgeIdentity.generate()
        let encryptor = try AgeEncryptor(recipients: [identity.recipient])
        let file = try encryptor.finish()
        #expect(throws: AgeError.self) { try encryptor.seal([1]) }
        #expect(throws: AgeError.self) { try encryptor.finish() }
        let decryptor = try AgeDecryptor(identities: [identity])
        #expect(try decryptor.open(file) == [])
        #expect(try decryptor.finish() == [])
        #expect(throws: AgeError.self) { try decryptor.open([1]) }
        #expect(throws: AgeError.self) { try decryptor.finish() }
    }

    @Test func `two files of the same plaintext share neither keys nor bytes`() throws {
        let identity = try AgeIdentity.generate()
        let plain = [UInt8](repeating: 0, count: 1000)
        let first = try Ours.encrypt(plain, to: [identity.recipient])
        let second = try Ours.encrypt(plain, to: [identity.recipient])
        #expect(first.suffix(1016) != second.suffix(1016))
        #expect(first.count == second.count)
    }

    @Test func `nobody can be encrypted to nobody, nor decrypt with nothing`() {
        #expect(throws: AgeError.self) { try AgeEncryptor(recipients: []) }
        #expect(throws: AgeError.self) { try AgeDecryptor(identities: []) }
        let everybody = AgeRecipient(publicKey: [UInt8](repeating: 0, count: 32))
        #expect { try AgeEncryptor(recipients: [everybody]) } throws: {
            ($0 as? AgeError)?.code == .invalidRecipient
        }
    }
}
