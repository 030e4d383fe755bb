import Cryptography
import Foundation
import ObjectStore
import Processes
import Synchronization
import Testing

@testable import BackupArchive

@Suite struct ArtifactTests {
    static let key = BucketLayout.artifact(namespace: "ns", policy: "p", backup: "b", attempt: "1", name: "x.zst.age")

    @Test(
        "What is written is read back, in pieces of any size",
        arguments: Place.allCases, [0, 1, 65_536, 65_537, 3_000_000, 20 << 20])
    func roundTrip(_ place: Place, size: Int) async throws {
        try await place.with { store async throws in
            let identity = try AgeIdentity.generate()
            let plain = noise(size)
            let (info, result) = try await ArtifactWriter(store: store, recipients: [identity.recipient]).write(
                to: Self.key
            ) {
                sink in
                for start in stride(from: 0, to: size, by: 777_777) {
                    try await sink(Array(plain[start..<min(start + 777_777, size)]))
                }
                return "result"
            }
            #expect(result == "result" && info.plainBytes == size && info.key == Self.key)
            #expect(try await store.head(Self.key)?.size == info.bytes)
            let (digest, count) = try await ArtifactReader(store: store, identities: [identity]).read(info) { bytes in
                let digest = SHA256()
                var count = 0
                for try await piece in bytes {
                    digest.update(piece)
                    count += piece.count
                }
                return (digest.finalizeHex(), count)
            }
            #expect(count == size && digest == SHA256.hexHash(plain))
        }
    }

    @Test("What is stored is compared without a key: another key's header is told from one that was changed")
    func compared() async throws {
        try await withFolderStore { store, folder async throws in
            let identity = try AgeIdentity.generate()
            let (info, _) = try await ArtifactWriter(store: store, recipients: [identity.recipient]).write(to: Self.key)
            { try await $0(noise(200_000)) }
            let artifact = NamedArtifact(name: "x", backup: "b", storedAt: Date(), object: info)
            let stranger = BackupReader(store: store, identities: [try AgeIdentity.generate()])
            let owner = BackupReader(store: store, identities: [identity])
            #expect(await failure(ArchiveError.self) { _ = try await stranger.bytes(artifact) }?.code == .wrongKey)
            try await stranger.compare(artifact)

            let file = folder.appending(path: info.key)
            let good = try Data(contentsOf: file)
            // The stanza of the header, which holds the key of the file.
            var changed = good
            let stanza = try #require(good.range(of: Data("\n".utf8), in: 30..<good.count))
            let index = stanza.upperBound + 5
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            try changed.write(to: file)
            #expect(await failure(ArchiveError.self) { _ = try await owner.bytes(artifact) }?.code == .wrongKey)
            #expect(await failure(ArchiveError.self) { try await owner.compare(artifact) }?.code == .corrupt)
            try good.dropLast(9).write(to: file)
            #expect(await failure(ArchiveError.self) { try await owner.compare(artifact) }?.code == .truncated)
            try FileManager.default.removeItem(at: file)
            #expect(await failure(ArchiveError.self) { try await owner.compare(artifact) }?.code == .missing)
        }
    }

    @Test("Stock tools read it: age -d | zstd -d, for every recipient")
    func stockTools() async throws {
        try await withFolderStore { store, folder async throws in
            let identities = try [AgeIdentity.generate(), AgeIdentity.generate()]
            let plain = noise(2_000_000) + [UInt8](repeating: 7, count: 9_000_000)
            let (info, _) = try await ArtifactWriter(store: store, recipients: identities.map(\.recipient))
                .write(to: Self.key) { sink in try await sink(plain) }
            #expect(info.bytes < 3_000_000)
            for (number, identity) in identities.enumerated() {
                let file = folder.appending(path: "identity-\(number)")
                try Data(identity.secretKey.utf8).write(to: file)
                let script = #"age -d -i "$1" "$2" | zstd -d -q -c | sha256sum"#
                let path = folder.appending(path: info.key).path
                let output = try await runChild(
                    Command("bash", ["-o", "pipefail", "-c", script, "bash", file.path, path]))
                #expect(String(decoding: output.prefix(64), as: UTF8.self) == SHA256.hexHash(plain))
            }
            let sum = try await runChild(Command("sha256sum", [folder.appending(path: info.key).path]))
            #expect(String(decoding: sum.prefix(64), as: UTF8.self) == info.sha256)
        }
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        var code: ArchiveError.Code
        /// Whether the manifest is made to agree, so that only age and zstd can notice.
        var agrees = true
        var change: @Sendable (inout [UInt8], inout ArtifactInfo) throws -> Void
        var testDescription: String { name }
    }

    static let chunk = 65_536 + 16

    static let damages = [
        Damage(name: "a byte is missing at the end", code: .truncated, agrees: false) { bytes, _ in bytes.removeLast()
        },
        Damage(name: "a byte more", code: .truncated, agrees: false) { bytes, _ in bytes.append(0) },
        Damage(name: "empty", code: .truncated) { bytes, _ in bytes = [] },
        Damage(name: "cut in the header", code: .truncated) { bytes, _ in bytes.removeLast(bytes.count - 60) },
        Damage(name: "cut after a chunk", code: .truncated) { bytes, _ in
            bytes.removeLast((bytes.count - headerSize(bytes)) % chunk)
        },
        Damage(name: "cut in a chunk", code: .corrupt) { bytes, _ in bytes.removeLast(100_000) },
        Damage(name: "a bit of the header", code: .corrupt) { bytes, _ in bytes[150] ^= 1 },
        Damage(name: "a bit in the middle, and the digest tells", code: .corrupt, agrees: false) { bytes, _ in
            bytes[bytes.count / 2] ^= 4
        },
        Damage(name: "a bit in the middle", code: .corrupt) { bytes, _ in bytes[bytes.count / 2] ^= 4 },
        Damage(name: "a bit of the last byte", code: .corrupt) { bytes, _ in bytes[bytes.count - 1] ^= 1 },
        Damage(name: "two chunks change places", code: .corrupt) { bytes, _ in
            let start = headerSize(bytes)
            let first = Array(bytes[start..<start + chunk])
            bytes.replaceSubrange(start..<start + chunk, with: bytes[(start + chunk)..<(start + 2 * chunk)])
            bytes.replaceSubrange((start + chunk)..<(start + 2 * chunk), with: first)
        },
        Damage(name: "something follows the end", code: .corrupt) { bytes, _ in
            bytes += [UInt8](repeating: 1, count: 70_000)
        },
        Damage(name: "not age", code: .corrupt) { bytes, _ in bytes = noise(500_000) },
        Damage(name: "the digest of another", code: .corrupt) { _, info in info.sha256 = SHA256.hexHash("other") },
        Damage(name: "another plain length", code: .corrupt) { _, info in info.plainBytes += 1 },
        Damage(name: "for another key", code: .wrongKey) { bytes, _ in
            let encryptor = try AgeEncryptor(recipients: [AgeIdentity.generate().recipient])
            bytes = try encryptor.seal([1, 2, 3]) + encryptor.finish()
        },
    ]

    private static func headerSize(_ bytes: [UInt8]) -> Int {
        let mark = Array("\n--- ".utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: mark) } ?? 0
        let end = bytes[(start + 1)...].firstIndex(of: 10) ?? 0
        return end + 1 + 16
    }

    @Test("Damage is told as what it is, and the sequence never ends well", arguments: damages)
    func damage(_ damage: Damage) async throws {
        try await withFolderStore { store, _ async throws in
            let identity = try AgeIdentity.generate()
            var (info, _) = try await ArtifactWriter(store: store, recipients: [identity.recipient]).write(to: Self.key)
            {
                try await $0(noise(1_000_000))
            }
            var bytes = try await store.get(Self.key, range: nil, ifMatch: nil)
            let digest = info.sha256
            try damage.change(&bytes, &info)
            _ = try await store.put(Self.key, bytes, .none)
            if damage.agrees {
                info.bytes = Int64(bytes.count)
                if info.sha256 == digest { info.sha256 = SHA256.hexHash(bytes) }
            }
            let (reader, artifact) = (ArtifactReader(store: store, identities: [identity]), info)
            let error = await failure(ArchiveError.self) {
                try await reader.read(artifact) { for try await _ in $0 {} }
            }
            #expect(error?.code == damage.code, "\(error.map { "\($0)" } ?? "")")
            #expect(error?.key == Self.key)
            // Whatever the reader makes of it.
            let again = await failure(ArchiveError.self) {
                try await reader.read(artifact) { bytes in
                    do { for try await _ in bytes {} } catch { throw Other() }
                }
            }
            #expect(again?.code == damage.code)
        }
    }

    struct Other: Error {}

    @Test("An object that is not there, or was not zstd's")
    func otherObjects() async throws {
        try await withFolderStore { store, _ async throws in
            let identity = try AgeIdentity.generate()
            let reader = ArtifactReader(store: store, identities: [identity])
            let absent = ArtifactInfo(key: "data/no", bytes: 1, plainBytes: 1, sha256: "")
            #expect(
                await failure(ArchiveError.self) { try await reader.read(absent) { for try await _ in $0 {} } }?.code
                    == .missing)
            let encryptor = try AgeEncryptor(recipients: [identity.recipient])
            let bytes = try encryptor.seal(Array("not zstd".utf8)) + encryptor.finish()
            _ = try await store.put("data/x", bytes, .none)
            let info = ArtifactInfo(
                key: "data/x", bytes: Int64(bytes.count), plainBytes: 8, sha256: SHA256.hexHash(bytes))
            let error = await failure(ArchiveError.self) { try await reader.read(info) { for try await _ in $0 {} } }
            #expect(error?.code == .corrupt && error?.message.contains("unpacked") == true)
        }
    }

    @Test("A reader that stops early, or never begins, gives its result")
    func earlyEnd() async throws {
        try await withFolderStore { store, _ async throws in
            let identity = try AgeIdentity.generate()
            let (info, _) = try await ArtifactWriter(store: store, recipients: [identity.recipient]).write(to: Self.key)
            {
                try await $0(noise(20 << 20))
            }
            let reader = ArtifactReader(store: store, identities: [identity])
            let first = try await reader.read(info) { bytes in
                for try await piece in bytes { return piece.first }
                return nil
            }
            #expect(first == noise(1).first)
            #expect(try await reader.read(info) { _ in 7 } == 7)
            await #expect(throws: Other.self) { try await reader.read(info) { _ in throw Other() } }
        }
    }
}
