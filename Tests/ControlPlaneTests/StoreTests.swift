@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite struct StoreTests {
    private func key(_ name: String) -> StorageKey {
        StorageKey(collection: TestAPI.collection, namespace: "default", name: name)
    }

    private func object(_ name: String, _ value: Int64) -> JSON {
        [
            "kind": "ConfigMap", "metadata": ["name": .string(name), "uid": .string("u-\(name)")],
            "value": .integer(value),
        ]
    }

    @Test func `every write has the next version, which is in the object too`() async throws {
        try await TestAPI.run { test in
            let start = try await test.store.revision()
            for value in 1...3 {
                let record = try await test.store.write { try $0.put(key("a"), object("a", Int64(value))) }
                #expect(record.revision == start + Int64(value))
                #expect(record.object.resourceVersion == "\(record.revision)")
            }
            #expect(try await test.store.revision() == start + 3)
        }
    }

    @Test func `the state at an earlier version can be read until it is compacted away`() async throws {
        try await TestAPI.run { test in
            let store = test.store
            let first = try await store.write { try $0.put(key("a"), object("a", 1)) }.revision
            try await store.write {
                try $0.put(key("a"), object("a", 2))
                try $0.put(key("b"), object("b", 1))
            }
            try await store.write { try $0.remove(key("a"), object("a", 3)) }
            let then = try await store.list(TestAPI.collection, at: first)
            #expect(then.records.map { $0.object["value"] } == [1])
            #expect(try await store.list(TestAPI.collection).records.map(\.key.name) == ["b"])
            try await store.compact(keeping: 0)
            await #expect(throws: StorageError.compacted(requested: first, oldest: try store.revision())) {
                try await store.list(TestAPI.collection, at: first)
            }
            #expect(try await store.list(TestAPI.collection).records.map(\.key.name) == ["b"])
        }
    }

    @Test func `a failed write leaves nothing, and those that share its transaction stay`() async throws {
        struct Refused: Error {}
        try await TestAPI.run { test in
            let store = test.store
            let before = test.hub.latest
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        _ = try? await store.write { transaction in
                            try transaction.put(self.key("k\(index)"), self.object("k\(index)", 1))
                            if index % 2 == 1 { throw Refused() }
                        }
                    }
                }
            }
            let names = try await store.list(TestAPI.collection).records.map(\.key.name)
            #expect(Set(names) == Set((0..<40).filter { $0 % 2 == 0 }.map { "k\($0)" }))
            // Watchers saw exactly what was committed, numbered without gaps.
            let (events, _) = try #require(test.hub.events(after: before, in: TestAPI.collection, limit: 100))
            #expect(events.map(\.revision) == Array(before + 1...before + 20))
        }
    }

    @Test func `history older than the limit is dropped, by number and by age`() async throws {
        var limits = Store.Limits()
        limits.historyCount = 5
        try await TestAPI.run(limits: limits) { test in
            for value in 1...20 { try await test.store.write { try $0.put(key("a"), object("a", Int64(value))) } }
            let current = try await test.store.revision()
            #expect(try await test.store.compact() == current - 5)
            let later = Date().addingTimeInterval(601)
            #expect(try await test.store.compact(now: later) == current)
            #expect(try await test.store.get(key("a"))?.object["value"] == 20)
        }
    }

    @Test func `events of the log say what was there before`() async throws {
        try await TestAPI.run { test in
            let start = try await test.store.revision()
            try await test.store.write { try $0.put(key("a"), object("a", 1)) }
            try await test.store.write { try $0.put(key("a"), object("a", 2)) }
            try await test.store.write { try $0.remove(key("a"), object("a", 2)) }
            try await test.store.write { try $0.put(key("a"), object("a", 3)) }
            let (events, upTo) = try await test.store.events(after: start, in: TestAPI.collection, limit: 10)
            #expect(events.map(\.kind) == [.added, .modified, .deleted, .added])
            #expect(events.map { $0.previous?["value"] } == [nil, 1, 2, nil])
            #expect(upTo == start + 4)
        }
    }
}
