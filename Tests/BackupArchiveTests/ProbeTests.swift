import Foundation
import ObjectStore
import Testing

@testable import BackupArchive

@Suite struct ProbeTests {
    @Test(
        "A store that does what it should is found to, and nothing stays in it but its version",
        arguments: Place.allCases)
    func good(_ place: Place) async throws {
        try await place.with { store async throws in
            for _ in 0..<2 {
                #expect(try await StoreProbe.run(store) == StoreProbe(conditionalWrites: true))
                #expect(try await store.list("").map(\.key) == ["format.json"])
            }
        }
    }

    @Test("A bucket that locks objects is found to, again and again")
    func locking() async throws {
        try await withS3Store(locking: true) { store async throws in
            for _ in 0..<2 {
                #expect(try await StoreProbe.run(store) == StoreProbe(conditionalWrites: true, objectLock: true))
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var put: @Sendable (any ObjectStore, String, [UInt8], PutCondition) async throws -> ObjectInfo
    }

    static let cases = [
        Case(testDescription: "no condition is honoured") { base, key, bytes, _ in try await base.put(key, bytes, .none)
        },
        Case(testDescription: "looks first, then writes") { base, key, bytes, condition in
            if condition == .ifAbsent, try await base.head(key) != nil { throw lost(key) }
            for _ in 0..<500 { await Task.yield() }
            return try await base.put(key, bytes, condition == .ifAbsent ? .none : condition)
        },
        Case(testDescription: "replaces whatever is there") { base, key, bytes, condition in
            if case .ifMatch = condition { return try await base.put(key, bytes, .none) }
            return try await base.put(key, bytes, condition)
        },
        Case(testDescription: "knows no replacement under a condition") { base, key, bytes, condition in
            if case .ifMatch = condition { throw ObjectStoreError(.unsupported, "not implemented", key: key) }
            return try await base.put(key, bytes, condition)
        },
        Case(testDescription: "says that it refused and writes") { base, key, bytes, condition in
            if condition == .none { return try await base.put(key, bytes, .none) }
            _ = try await base.put(key, bytes, .none)
            throw lost(key)
        },
    ]

    private static func lost(_ key: String) -> ObjectStoreError {
        ObjectStoreError(.preconditionFailed, "is there", key: key)
    }

    @Test("A store whose conditional writes cannot be relied on is found out", arguments: cases)
    func unreliable(_ example: Case) async throws {
        try await withFolderStore { base, _ async throws in
            var store = AlteredStore(base: base)
            store.put = { base, key, bytes, condition in
                // The version of the layout is not what is tried here.
                key == BucketLayout.format
                    ? try await base.put(key, bytes, condition) : try await example.put(base, key, bytes, condition)
            }
            #expect(try await StoreProbe.run(store).conditionalWrites == false)
            #expect(try await base.list("").map(\.key) == ["format.json"])
        }
    }

    @Test("A store that changes bytes is refused")
    func changing() async throws {
        try await withFolderStore { base, _ async throws in
            var store = AlteredStore(base: base)
            store.put = { base, key, bytes, condition in
                try await base.put(key, key == BucketLayout.format ? bytes : bytes.reversed(), condition)
            }
            #expect(await failure(ObjectStoreError.self) { _ = try await StoreProbe.run(store) }?.code == .corrupt)
            #expect(try await base.list("").map(\.key) == ["format.json"])
        }
    }
}
