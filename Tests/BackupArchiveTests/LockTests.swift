import BackupArchive
import Foundation
import ObjectStore
import S3TestServer
import Testing

@Suite struct LockTests {
    /// A store that locks what it stores for some seconds, and one of the same place that does not.
    private func with<R: Sendable>(
        _ mode: S3Configuration.ObjectLock.Mode, retain: Double, _ body: (S3Store, S3Store) async throws -> R
    ) async throws -> R {
        let server = try await TemporaryS3.shared()
        var configuration = server.configuration(bucket: server.lockingBucket)
        let prefix = "l-\(UUID().uuidString.prefix(8))"
        let plain = S3Store(configuration, prefix: prefix)
        configuration.objectLock = S3Configuration.ObjectLock(mode: mode, retain: retain, prefixes: BucketLayout.locked)
        let locking = S3Store(configuration, prefix: prefix)
        let result: Result<R, any Error>
        do { result = .success(try await body(locking, plain)) } catch { result = .failure(error) }
        await locking.shutdown()
        await plain.shutdown()
        return try result.get()
    }

    @Test(
        "What is stored is locked from the start, in one part and in many, and expiry leaves it alone",
        arguments: [
            S3Configuration.ObjectLock.Mode.governance, .compliance,
        ])
    func locked(_ mode: S3Configuration.ObjectLock.Mode) async throws {
        try await with(mode, retain: 3600) { store, plain in
            try await Chain.make(3, in: store)
            for (name, parts) in [("small", 1), ("large", 2)] {
                _ = try await store.upload("data/ns/p/b9/a/\(name)") { sink in
                    for _ in 0..<parts { try await sink.write { $0 += [UInt8](repeating: 7, count: 5 << 20) } }
                }
                let until = try #require(try await plain.lockedUntil("data/ns/p/b9/a/\(name)"))
                #expect(abs(until.timeIntervalSinceNow - 3600) < 120)
            }
            #expect(try await store.lockedUntil("catalog/ns/p/b0.json") != nil)
            #expect(try await store.lockedUntil("format.json") == nil, "what is replaced later is not locked")
            #expect(try await store.lockedUntil("data/absent") == nil)
            #expect(await failure(ObjectStoreError.self) { try await store.erase(Chain.key(1)) }?.code == .accessDenied)

            let decision = try await Expiry(store).review(
                RetentionRules(keepLast: 1), namespace: "ns", policy: "p", verdicts: Verdicts(), now: Chain.now)
            #expect(decision.expired.isEmpty)
            #expect(decision.kept["b1"] == [.locked] && decision.kept["b0"] == [.locked])
            let swept = try await Expiry(store).sweep(
                ["data/ns/p/b9/a/small"], namespace: "ns", policy: "p", running: [], now: Chain.now, writer: "t")
            #expect(swept.isEmpty)
            let (gone, kept) = try await Expiry(store).eraseAll(
                namespace: "ns", policy: "p", now: Chain.now, writer: "t")
            #expect(gone.isEmpty && kept == ["b0", "b1", "b2"])
            #expect(try await store.list("data/").count == 5)
        }
    }

    @Test("Once the lock is over the bytes go, with every version")
    func over() async throws {
        try await with(.compliance, retain: 8) { store, plain in
            try await Chain.make(2, in: plain)
            _ = try await store.put(Chain.key(1), [9], .none)
            while try await store.lockedUntil(Chain.key(1)) != nil { try await Task.sleep(for: .milliseconds(100)) }
            #expect(try await Chain.expire(RetentionRules(keepLast: 1), store) == ["b0"])
            try await store.erase(Chain.key(1))
            #expect(try await store.head(Chain.key(1)) == nil)
            // Without locking a deletion would only have hidden them.
            try await store.erase(Chain.key(1))
        }
    }

    @Test("What a new backup needs of an old one is locked anew")
    func renewed() async throws {
        try await with(.governance, retain: 3600) { store, plain in
            _ = try await plain.put("data/ns/p/old/a/x", [1], .none)
            #expect(try await store.lockedUntil("data/ns/p/old/a/x") == nil)
            try await store.renewLock("data/ns/p/old/a/x")
            let until = try #require(try await store.lockedUntil("data/ns/p/old/a/x"))
            try await store.renewLock("data/ns/p/old/a/x")
            #expect(try #require(try await store.lockedUntil("data/ns/p/old/a/x")) >= until)
            #expect(abs(until.timeIntervalSinceNow - 3600) < 120)
            // A store that does not lock renews nothing.
            try await plain.renewLock("data/ns/p/old/a/x")
        }
    }
}
