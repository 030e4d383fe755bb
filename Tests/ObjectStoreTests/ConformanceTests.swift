import Foundation
import Testing

@testable import ObjectStore

/// What every store does alike.
@Suite struct ConformanceTests {
    @Test("What is put is got back, whole and in ranges", arguments: Place.allCases)
    func roundTrip(_ place: Place) async throws {
        try await place.with { store in
            let bytes = pattern(100_000)
            let put = try await store.put("a/b.json", bytes, .none)
            #expect(put.size == 100_000 && put.key == "a/b.json")
            let head = try #require(try await store.head("a/b.json"))
            #expect(head.size == 100_000 && head.key == "a/b.json" && head.etag == put.etag)
            #expect(abs(head.modified.timeIntervalSinceNow) < 600)
            #expect(try await store.get("a/b.json", range: nil, ifMatch: nil) == bytes)
            #expect(try await store.get("a/b.json", range: nil, ifMatch: head.etag) == bytes)
            for range: Range<Int64> in [0..<1, 0..<100_000, 99_999..<100_000, 5_000..<5_000, 77..<7_777] {
                let piece = try await store.get("a/b.json", range: range, ifMatch: head.etag)
                #expect(piece == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]), "\(range)")
            }
            #expect(try await store.get("a/b.json", range: 99_990..<100_010, ifMatch: nil) == Array(bytes[99_990...]))
            #expect(try await store.get("a/b.json", range: 100_000..<100_010, ifMatch: nil) == [])
        }
    }

    @Test("An empty object is an object", arguments: Place.allCases)
    func empty(_ place: Place) async throws {
        try await place.with { store in
            _ = try await store.put("empty", [], .ifAbsent)
            #expect(try await store.head("empty")?.size == 0)
            #expect(try await store.get("empty", range: nil, ifMatch: nil) == [])
            #expect(try await store.list("").map(\.key) == ["empty"])
        }
    }

    @Test("What is not there is told as missing, and its deletion is no error", arguments: Place.allCases)
    func missing(_ place: Place) async throws {
        try await place.with { store in
            #expect(try await store.head("no/such") == nil)
            #expect(
                await storeError { _ = try await store.get("no/such", range: nil, ifMatch: nil) }?.code == .notFound)
            #expect(
                await storeError { _ = try await store.get("no/such", range: 0..<9, ifMatch: nil) }?.code == .notFound)
            try await store.delete("no/such")
            #expect(try await store.list("no/") == [])
            _ = try await store.put("one", [1], .none)
            try await store.delete("one")
            try await store.delete("one")
            #expect(try await store.head("one") == nil)
        }
    }

    @Test("A conditional create writes nothing where something is", arguments: Place.allCases)
    func ifAbsent(_ place: Place) async throws {
        try await place.with { store in
            _ = try await store.put("k", [1], .ifAbsent)
            let error = await storeError { _ = try await store.put("k", [2, 2], .ifAbsent) }
            #expect(error?.code == .preconditionFailed)
            #expect(try await store.get("k", range: nil, ifMatch: nil) == [1])
        }
    }

    @Test("A conditional replacement needs the tag of what is there", arguments: Place.allCases)
    func ifMatch(_ place: Place) async throws {
        try await place.with { store in
            let absent = await storeError { _ = try await store.put("k", [1], .ifMatch("\"none\"")) }
            #expect(absent?.code == .preconditionFailed)
            let first = try await store.put("k", [1], .none)
            let second = try await store.put("k", [2], .ifMatch(first.etag))
            #expect(second.etag != first.etag)
            let stale = await storeError { _ = try await store.put("k", [3], .ifMatch(first.etag)) }
            #expect(stale?.code == .preconditionFailed)
            #expect(try await store.get("k", range: nil, ifMatch: nil) == [2])
            let read = await storeError { _ = try await store.get("k", range: 0..<1, ifMatch: first.etag) }
            #expect(read?.code == .corrupt)
        }
    }

    @Test("Of 32 creators at once one wins, and it is the one whose bytes are there", arguments: Place.allCases)
    func oneWinner(_ place: Place) async throws {
        try await place.with { store in
            let winners = try await race(32) { number in
                _ = try await store.put("race", pattern(1000) + [UInt8(number)], .ifAbsent)
            }
            #expect(winners.count == 1)
            #expect(try await store.get("race", range: nil, ifMatch: nil).last == winners.first.map(UInt8.init))
        }
    }

    @Test("Of 16 replacers of one tag one wins", arguments: Place.allCases)
    func oneReplacer(_ place: Place) async throws {
        try await place.with { store in
            let first = try await store.put("race", [99], .none)
            let winners = try await race(16) { number in
                _ = try await store.put("race", [UInt8(number)], .ifMatch(first.etag))
            }
            #expect(winners.count == 1)
            #expect(try await store.get("race", range: nil, ifMatch: nil) == winners.map(UInt8.init))
        }
    }

    /// The numbers whose attempt succeeded; an error other than a lost race is thrown.
    private func race(_ count: Int, _ attempt: @escaping @Sendable (Int) async throws -> Void) async throws -> [Int] {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        try await attempt(number)
                        return number
                    } catch let error as ObjectStoreError where error.code == .preconditionFailed {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { if let number = $1 { $0.append(number) } }
        }
    }

    @Test("A list has the keys of its prefix, in order, with sizes", arguments: Place.allCases)
    func list(_ place: Place) async throws {
        try await place.with { store in
            let keys = ["a/1", "a/2", "a/b/3", "a-b", "ab", "b/a/1", "a/1-x"]
            for (size, key) in keys.enumerated() { _ = try await store.put(key, pattern(size), .none) }
            #expect(try await store.list("").map(\.key) == ["a-b", "a/1", "a/1-x", "a/2", "a/b/3", "ab", "b/a/1"])
            #expect(try await store.list("a/").map(\.key) == ["a/1", "a/1-x", "a/2", "a/b/3"])
            #expect(try await store.list("a/1").map(\.key) == ["a/1", "a/1-x"])
            #expect(try await store.list("a").count == 6)
            #expect(try await store.list("a/b").map(\.size) == [2])
            #expect(try await store.list("zz") == [])
            let item = try #require(try await store.list("ab").first)
            let head = try await store.head("ab")
            #expect(item.etag == head?.etag)
        }
    }

    @Test("A list of more than a thousand keys is whole", arguments: [Place.filesystem, .s3PathStyle])
    func longList(_ place: Place) async throws {
        try await place.with { store in
            let keys = (0..<1050).map { String(format: "many/%04d", $0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<24 {
                    group.addTask {
                        for key in keys.enumerated().filter({ $0.offset % 24 == lane }) {
                            _ = try await store.put(key.element, [1], .none)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.list("many/").map(\.key) == keys)
        }
    }
}
