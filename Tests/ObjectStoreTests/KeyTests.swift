import Foundation
import Testing

@testable import ObjectStore

@Suite struct KeyTests {
    // Without a backslash, which SeaweedFS takes for a slash.
    static let awkward = [
        "a b", "a+b", "a%20b", "a%2Fb", "a&b=c;d", "a?b#c", "ä/ö", "a\u{308}", "日本/語", "😀", "a'b\"c", "<a>&amp;",
        "a*b(c)!$,:@~", "x..y/z..", "-", "_", "A/a", String(repeating: "k", count: 255),
        (0..<16).map { "\($0)".padding(toLength: 60, withPad: "x", startingAt: 0) }.joined(separator: "/"),
    ]

    @Test("Awkward keys are written, read, listed, uploaded and deleted like others", arguments: Place.allCases)
    func awkwardKeys(_ place: Place) async throws {
        try await place.with { store in
            for (index, key) in Self.awkward.enumerated() { _ = try await store.put(key, [UInt8(index)], .ifAbsent) }
            let listed = Set(try await store.list("").map { Array($0.key.utf8) })
            #expect(listed == Set(Self.awkward.map { Array($0.utf8) }))
            for (index, key) in Self.awkward.enumerated() {
                #expect(try await store.get(key, range: nil, ifMatch: nil) == [UInt8(index)], "\(key)")
                #expect(try await store.list(key).contains { $0.key.utf8.elementsEqual(key.utf8) }, "\(key)")
                _ = try await store.upload(key) { try await $0.write([7]) }
                #expect(try await store.head(key)?.size == 1, "\(key)")
                try await store.delete(key)
                #expect(try await store.head(key) == nil, "\(key)")
            }
        }
    }

    static let refused = [
        "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", ".unfinished/lock", "a\0b", "a\nb", "a\u{7f}",
        String(repeating: "x/", count: 600) + "x",
    ]

    @Test("Keys that could mean another place are refused before anything is sent", arguments: Place.allCases)
    func refusedKeys(_ place: Place) async throws {
        try await place.with { store in
            for key in Self.refused {
                #expect(await storeError { _ = try await store.head(key) }?.code == .badKey, "\(key)")
                #expect(
                    await storeError { _ = try await store.get(key, range: nil, ifMatch: nil) }?.code == .badKey,
                    "\(key)")
                #expect(await storeError { _ = try await store.put(key, [1], .none) }?.code == .badKey, "\(key)")
                #expect(await storeError { _ = try await store.beginUpload(key) }?.code == .badKey, "\(key)")
                #expect(await storeError { try await store.delete(key) }?.code == .badKey, "\(key)")
            }
        }
    }

    @Test("Names become segments: no two the same, none a folder above")
    func escaping() {
        let names = [
            "a", "A", "a b", "a%20b", "a/b", "..", ".", "", "%00", "\0", "ä", "a\u{308}", "日本", "a.b", ".a", "a..", "~",
            "a\nb",
        ]
        let segments = names.map(ObjectPath.escape)
        #expect(Set(segments).count == names.count)
        for segment in segments {
            #expect(throws: Never.self) { try ObjectPath.check(segment) }
            #expect(!segment.contains("/"))
        }
        #expect(ObjectPath.join("a/b", "..", "c") == "a%2Fb/%2E./c")
    }

    @Test("Part sizes: small ones for long, room for 5 TiB, none beyond the limits")
    func partPlan() {
        #expect(PartPlan.size(of: 1) == 8 << 20)
        #expect((1...6000).allSatisfy { PartPlan.size(of: $0) <= 32 << 20 })
        let all = (1...PartPlan.limit).reduce(0) { $0 + PartPlan.size(of: $1) }
        #expect(all >= 5 << 40)
        #expect((1...PartPlan.limit).allSatisfy { (5 << 20...5 << 30).contains(PartPlan.size(of: $0)) })
    }
}
