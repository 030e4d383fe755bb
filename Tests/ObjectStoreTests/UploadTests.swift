import Cryptography
import Foundation
import Synchronization
import Testing

@testable import ObjectStore

@Suite struct UploadTests {
    static let part = PartPlan.size(of: 1)

    @Test(
        "A stream of unknown length becomes one object, whatever the borders of its parts",
        arguments: [Place.filesystem, .s3PathStyle, .s3WithFaults], [0, 1, part - 1, part, part + 1, 3 * part + 17])
    func sizes(_ place: Place, size: Int) async throws {
        try await place.with { store in
            let bytes = pattern(size)
            let (info, result) = try await store.upload("data/stream") { sink in
                // Pieces that do not fit the parts.
                for start in stride(from: 0, to: size, by: 1_234_567) {
                    try await sink.write(Array(bytes[start..<min(start + 1_234_567, size)]))
                }
                return "done"
            }
            #expect(result == "done" && info.size == size && info.key == "data/stream")
            #expect(try await store.head("data/stream")?.etag == info.etag)
            let got = Mutex<[UInt8]>([])
            try await store.download(info, piece: 3_000_000) { piece in got.withLock { $0 += piece } }
            #expect(SHA256.hash(got.withLock { $0 }) == SHA256.hash(bytes))
            #expect(try await store.abandonedUploads("").isEmpty)
        }
    }

    @Test("Parts that arrive in another order are put into theirs", arguments: [Place.filesystem, .s3PathStyle])
    func disorder(_ place: Place) async throws {
        try await place.with { store in
            // Each order begins the race between the first part and the others anew.
            for order in [[3, 2, 1], [2, 1, 3], [2, 3, 1], [1, 3, 2]] {
                let upload = try await store.beginUpload("disorder")
                let parts = [1: pattern(Self.part), 2: Array(pattern(Self.part).reversed()), 3: [1, 2, 3]]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in order {
                        group.addTask { try await upload.write(part: number, parts[number] ?? []) }
                        // Lets this one get to its place.
                        for _ in 0..<100 { await Task.yield() }
                    }
                    try await group.waitForAll()
                }
                let info = try await upload.finish()
                #expect(info.size == 2 * Self.part + 3, "\(order)")
                let tail = try await store.get(
                    "disorder", range: Int64(Self.part - 1)..<Int64(Self.part + 1), ifMatch: nil)
                #expect(tail == [parts[1]?.last, parts[2]?.first], "\(order)")
                try await store.delete("disorder")
            }
        }
    }

    @Test(
        "An object of many uploaded parts is not visible before it is finished",
        arguments: [Place.filesystem, .s3PathStyle])
    func invisible(_ place: Place) async throws {
        try await place.with { store in
            let upload = try await store.beginUpload("data/x")
            try await upload.write(part: 1, pattern(Self.part))
            try await upload.write(part: 2, [1])
            #expect(try await store.head("data/x") == nil)
            #expect(try await store.list("") == [])
            let abandoned = try await store.abandonedUploads("data/")
            #expect(abandoned.map(\.key) == ["data/x"])
            #expect(try await store.abandonedUploads("other/") == [])
            for item in abandoned { try await store.abort(item) }
            #expect(try await store.abandonedUploads("") == [])
            #expect(try await store.head("data/x") == nil)
            await #expect(throws: (any Error).self) { _ = try await upload.finish() }
            #expect(try await store.list("") == [])
        }
    }

    /// More than one page of a store's list of them. A folder's go with whoever began them.
    @Test("Of more than a thousand abandoned uploads all are found")
    func manyAbandoned() async throws {
        try await withS3Store { store in
            let keys = (0..<1005).map { String(format: "data/%04d", $0) }
            try await inLanes(keys) { key in
                let upload = try await store.beginUpload(key)
                // Two, for one alone is no multipart upload.
                for part in [1, 2] { try await upload.write(part: part, [1]) }
            }
            let found = try await store.abandonedUploads("data/")
            #expect(found.count == keys.count)
            let missing = Set(keys).subtracting(found.map(\.key)).sorted().prefix(5)
            #expect(missing.isEmpty)
            try await inLanes(found) { try await store.abort($0) }
            #expect(try await store.abandonedUploads("").isEmpty)
        }
    }

    private func inLanes<Item: Sendable>(_ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Void)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<24 {
                group.addTask {
                    for index in stride(from: lane, to: items.count, by: 24) { try await body(items[index]) }
                }
            }
            try await group.waitForAll()
        }
    }

    struct Broken: Error {}

    @Test("A producer that fails leaves nothing, and its error is told", arguments: [Place.filesystem, .s3PathStyle])
    func producerFails(_ place: Place) async throws {
        try await place.with { store async throws in
            for size in [0, 1, Self.part + 1] {
                await #expect(throws: Broken.self) {
                    _ = try await store.upload("x") { sink in
                        try await sink.write(pattern(size))
                        throw Broken()
                    }
                }
            }
            #expect(try await store.list("") == [])
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    @Test("An upload that is cancelled leaves nothing", arguments: [Place.filesystem, .s3PathStyle, .s3WithFaults])
    func cancelled(_ place: Place) async throws {
        try await place.with { store async throws in
            let reached = BoundedChannel<Void>(capacity: 1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        _ = try await store.upload("x") { sink in
                            let piece = pattern(Self.part)
                            for number in 0... {
                                try await sink.write(piece)
                                if number == 3 { try await reached.send(()) }
                            }
                        }
                    }
                }
                _ = try? await reached.receive()
                group.cancelAll()
            }
            #expect(try await store.list("") == [])
            #expect(try await store.abandonedUploads("") == [])
        }
    }

    @Test("A reader that stops early ends the download", arguments: [Place.filesystem, .s3PathStyle])
    func readerStops(_ place: Place) async throws {
        try await place.with { store async throws in
            let (info, _) = try await store.upload("x") { try await $0.write(pattern(5_000_000)) }
            let count = Mutex(0)
            await #expect(throws: Broken.self) {
                try await store.download(info, piece: 100_000) { _ in
                    count.withLock { $0 += 1 }
                    throw Broken()
                }
            }
            #expect(count.withLock { $0 } == 1)
        }
    }

    @Test(
        "An object that is replaced while it is read is not mixed with the new one",
        arguments: [Place.filesystem, .s3PathStyle])
    func replacedWhileRead(_ place: Place) async throws {
        try await place.with { store in
            let (info, _) = try await store.upload("x") { try await $0.write(pattern(3_000_000)) }
            let error = await storeError {
                try await store.download(info, piece: 500_000, parallel: 1) { _ in
                    _ = try await store.put("x", Array(pattern(3_000_000).reversed()), .none)
                }
            }
            #expect(error?.code == .corrupt || error?.code == .notFound)
        }
    }

    @Test("No more is in memory than the budget, however slow the store is")
    func backpressure() async throws {
        let upload = SlowUpload()
        let parts = PartQueue(capacity: 3)
        let sink = UploadSink(parts)
        let produced = Mutex(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await parts.work(upload) } }
            let piece = [UInt8](repeating: 1, count: Self.part)
            for _ in 0..<40 {
                try await sink.write(piece)
                produced.withLock { $0 += 1 }
                let ahead = produced.withLock { $0 } - upload.done
                #expect(ahead * Self.part <= PartPlan.budget + Self.part)
            }
            try await sink.flush()
            try await group.waitForAll()
        }
        #expect(upload.done == 40)
    }

    private final class SlowUpload: ObjectUpload {
        private let count = Mutex(0)
        var done: Int { count.withLock { $0 } }

        func write(part number: Int, _ bytes: [UInt8]) async throws {
            for _ in 0..<50 { await Task.yield() }
            count.withLock { $0 += 1 }
        }
        func finish() async throws -> ObjectInfo { ObjectInfo(key: "", size: 0, etag: "", modified: Date()) }
        func abort() async {}
    }
}
