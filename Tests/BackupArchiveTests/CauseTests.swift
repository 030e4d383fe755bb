import Cryptography
import Foundation
import ObjectStore
import Processes
import Synchronization
import Testing

@testable import BackupArchive

/// Which of the many errors of a broken pipeline is told: the first.
@Suite struct CauseTests {
    struct Other: Error {}

    private func endless(_ sink: @Sendable ([UInt8]) async throws -> Void) async throws {
        let piece = noise(1 << 20)
        while true { try await sink(piece) }
    }

    @Test("A store that fails in the middle is told, whatever the source makes of the lost pipe")
    func storeFails() async throws {
        try await withFolderStore { base, _ async throws in
            var store = AlteredStore(base: base)
            store.writePart = { if $0 == 2 { throw ObjectStoreError(.full, "the store is full") } }
            let writer = ArtifactWriter(store: store, recipients: [try AgeIdentity.generate().recipient])
            for wraps in [false, true] {
                let error = await failure(ObjectStoreError.self) {
                    _ = try await writer.write(to: "data/x") { sink in
                        do { try await endless(sink) } catch { throw wraps ? Other() : error }
                    }
                }
                #expect(error?.code == .full)
            }
            #expect(try await base.list("data/") == [])
            #expect(try await base.abandonedUploads("") == [])
        }
    }

    @Test("A source that waits for something else is ended when the store fails")
    func sourceWaits() async throws {
        try await withFolderStore { base, _ async throws in
            var store = AlteredStore(base: base)
            store.writePart = { _ in throw ObjectStoreError(.full, "the store is full") }
            let writer = ArtifactWriter(store: store, recipients: [try AgeIdentity.generate().recipient])
            let error = await failure(ObjectStoreError.self) {
                _ = try await writer.write(to: "data/x") { sink in
                    for _ in 0..<17 { try await sink(noise(1 << 20)) }
                    try await Task.sleep(for: .seconds(3600))
                }
            }
            #expect(error?.code == .full)
        }
    }

    @Test("A source that fails is told, and nothing stays", arguments: [0, 1, 20 << 20])
    func sourceFails(after size: Int) async throws {
        try await withFolderStore { store, _ async throws in
            let writer = ArtifactWriter(store: store, recipients: [try AgeIdentity.generate().recipient])
            await #expect(throws: Other.self) {
                _ = try await writer.write(to: "data/x") { sink in
                    try await sink(noise(size))
                    throw Other()
                }
            }
            #expect(try await store.list("data/") == [])
        }
    }

    @Test("A compressor that ends is told in its own words, whatever the source makes of the lost pipe")
    func compressorFails() async throws {
        try await withFolderStore { store, _ async throws in
            let writer = ArtifactWriter(store: store, recipients: [try AgeIdentity.generate().recipient], level: -5)
            let error = await failure(ProcessError.self) {
                _ = try await writer.write(to: "data/x") { sink in
                    do { try await endless(sink) } catch { throw Other() }
                }
            }
            #expect(error?.program == "zstd" && error?.code == .exited(1) && error?.message.isEmpty == false)
            #expect(try await store.list("data/") == [])
        }
    }

    @Test("A compressor that is killed is told by its signal")
    func compressorKilled() async throws {
        let error = await failure(ProcessError.self) {
            try await withChild(Command("bash", ["-c", "read -r _; kill -KILL $$"])) { streams in
                try await streams.input.write([10])
                while true { try await streams.input.write(noise(1 << 20)) }
            }
        }
        #expect(error?.code == .signalled(9))
    }

    @Test("A cancelled write leaves nothing, and says that it was cancelled")
    func cancelled() async throws {
        try await withFolderStore { store, _ async throws in
            let recipient = try AgeIdentity.generate().recipient
            let reached = BoundedChannel<Void>(capacity: 1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        _ = try await ArtifactWriter(store: store, recipients: [recipient]).write(to: "data/x") {
                            sink in
                            for _ in 0..<20 { try await sink(noise(1 << 20)) }
                            try await reached.send(())
                            try await endless(sink)
                        }
                    }
                }
                _ = try? await reached.receive()
                group.cancelAll()
            }
            #expect(try await store.list("data/") == [])
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    @Test("Without a recipient nothing is written")
    func noRecipient() async throws {
        try await withFolderStore { store, _ async throws in
            let error = await failure(AgeError.self) {
                _ = try await ArtifactWriter(store: store, recipients: []).write(to: "data/x") { try await $0([1]) }
            }
            #expect(error?.code == .invalidRecipient)
            #expect(try await store.list("data/") == [])
        }
    }
}
