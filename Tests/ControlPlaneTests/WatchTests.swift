import APIMachinery
@testable import ControlPlane

import Foundation
import KubernetesModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    /// Runs one watch until its schedule ends, with all that is committed already.
    private func events(
        _ test: TestAPI, _ start: WatchSession.Start, bookmarks: Bool = false,
        matches: @escaping @Sendable (JSON) -> Bool = { _ in true }
    ) async throws -> [JSON] {
        let session = session(test, start, bookmarks: bookmarks, matches: matches)
        let schedule = WatchSchedule(timing: session.timing, sendsBookmarks: bookmarks)
        let (bell, id, _) = test.hub.subscribe()
        defer { test.hub.unsubscribe(id) }
        schedule.advance(by: session.timing.timeout)
        let lines = Lines()
        try await session.run(bell: bell, schedule: schedule) { lines.append($0) }
        return lines.all
    }

    private func session(
        _ test: TestAPI, _ start: WatchSession.Start, bookmarks: Bool = false,
        matches: @escaping @Sendable (JSON) -> Bool = { _ in true }
    ) -> WatchSession {
        let definition = BuiltIn.all[0]
        return WatchSession(
            store: test.store, hub: test.hub,
            selection: WatchSelection(collection: definition.collection, namespace: "default", matches: matches),
            start: start, sendsBookmarks: bookmarks, timing: WatchSession.Timing(timeout: .seconds(10)),
            renderer: WatchRenderer(
                definition: definition, representation: .object, include: .metadata, now: { Date() }))
    }

    private func summary(_ events: [JSON]) -> [String] {
        events.map {
            "\($0["type"]?.string ?? "") \($0["object"]?.name ?? "") \($0[path: "object", "data", "x"]?.string ?? "")"
        }
    }

    private func fill(_ test: TestAPI) async throws -> Int64 {
        try await test.send(.post, TestAPI.configMaps, test.configMap("a", "1"))
        let version = test.hub.latest
        try await test.send(.post, TestAPI.configMaps, test.configMap("b", "1"))
        try await test.send(.put, "\(TestAPI.configMaps)/a", test.configMap("a", "2"))
        try await test.send(.delete, "\(TestAPI.configMaps)/b")
        return version
    }

    @Test func `a watch resumes from any version, from memory and from the log`() async throws {
        let expected = ["ADDED b 1", "MODIFIED a 2", "DELETED b 1"]
        try await TestAPI.run { test in
            let version = try await fill(test)
            #expect(summary(try await events(test, .after(version))) == expected)
        }
        // With next to nothing held in memory the log must say the same.
        try await TestAPI.run(hubCapacity: 1) { test in
            let version = try await fill(test)
            #expect(summary(try await events(test, .after(version))) == expected)
        }
    }

    @Test func `a watch from no version starts with what there is`() async throws {
        try await TestAPI.run { test in
            _ = try await fill(test)
            let seen = try await events(test, .everything, bookmarks: true)
            #expect(summary(seen.dropLast()) == ["ADDED a 2"])
            #expect(seen.last?["type"] == "BOOKMARK")
            #expect(seen.last?[path: "object", "metadata", "annotations", "k8s.io/initial-events-end"] == "true")
            #expect(seen.last?["object"]?.resourceVersion == "\(test.hub.latest)")
        }
    }

    @Test func `a watch from a compacted version ends with 410`() async throws {
        try await TestAPI.run { test in
            let version = try await fill(test)
            test.hub.forget(upTo: try await test.store.compact(keeping: 0))
            let seen = try await events(test, .after(version))
            #expect(seen.map { $0["type"] } == ["ERROR"])
            #expect(seen.first?[path: "object", "code"] == 410)
            #expect(seen.first?[path: "object", "reason"] == "Expired")
            let message = "too old resource version: \(version) (\(test.hub.latest))"
            #expect(seen.first?[path: "object", "message"] == .string(message))
        }
    }

    @Test func `a watch from the newest version after compaction goes on`() async throws {
        try await TestAPI.run { test in
            _ = try await fill(test)
            test.hub.forget(upTo: try await test.store.compact(keeping: 0))
            #expect(try await events(test, .after(test.hub.latest)).isEmpty)
        }
    }

    @Test func `a watch from a version of the future waits and sees only what comes after it`() async throws {
        try await TestAPI.run { test in
            _ = try await fill(test)
            #expect(try await events(test, .after(test.hub.latest + 1000)).isEmpty)
        }
    }

    @Test func `an object that enters or leaves the selection is added or deleted`() async throws {
        try await TestAPI.run { test in
            let start = test.hub.latest
            for value in ["out", "in", "in too", "out", "in"] {
                let object = test.configMap("a", value)
                if try await test.send(.put, "\(TestAPI.configMaps)/a", object).code == 404 {
                    try await test.send(.post, TestAPI.configMaps, object)
                }
            }
            try await test.send(.delete, "\(TestAPI.configMaps)/a")
            let seen = try await events(test, .after(start)) {
                $0[path: "data", "x"]?.string?.hasPrefix("in") == true
            }
            #expect(
                summary(seen) == ["ADDED a in", "MODIFIED a in too", "DELETED a in too", "ADDED a in", "DELETED a in"])
            // The synthetic deletion has the version of the change, so that a resume does not see it twice.
            let versions = seen.compactMap { Int64($0["object"]?.resourceVersion ?? "") }
            #expect(versions == versions.sorted() && Set(versions).count == versions.count)
        }
    }

    @Test func `a watcher that takes nothing while history is compacted is told to start anew`() async throws {
        try await TestAPI.run(hubCapacity: 4) { test in
            let start = test.hub.latest
            let session = session(test, .after(start))
            let (bell, id, ring) = test.hub.subscribe()
            defer { test.hub.unsubscribe(id) }
            let lines = Lines()
            for index in 0..<600 { try await test.send(.post, TestAPI.configMaps, test.configMap("k\(index)")) }
            let schedule = WatchSchedule(timing: session.timing, sendsBookmarks: false)
            try await session.run(bell: bell, schedule: schedule) { piece in
                // The first piece is stuck in a slow client for so long that the rest is compacted away.
                if lines.all.isEmpty { test.hub.forget(upTo: try await test.store.compact(keeping: 0)) }
                lines.append(piece)
                ring.yield()
            }
            #expect(lines.all.last?["type"] == "ERROR")
            #expect(lines.all.last?[path: "object", "code"] == 410)
            #expect(lines.all.count < 600)
        }
    }

    @Test func `closing the hub ends every watch at once`() async throws {
        try await TestAPI.run { test in
            let session = session(test, .everything)
            let (bell, id, _) = test.hub.subscribe()
            defer { test.hub.unsubscribe(id) }
            let schedule = WatchSchedule(timing: session.timing, sendsBookmarks: false)
            async let ended: Void = session.run(bell: bell, schedule: schedule) { _ in }
            test.hub.close()
            try await ended
            #expect(test.hub.watcherCount == 0)
        }
    }

    @Test(
        arguments: [
            (timeout: 200, bookmarks: true, expected: [60, 120, 180, 198, 200]),
            (timeout: 60, bookmarks: true, expected: [58, 60]),
            (timeout: 1, bookmarks: true, expected: [1]),
            (timeout: 200, bookmarks: false, expected: [200]),
        ])
    func `bookmarks come each minute and shortly before the end`(timeout: Int, bookmarks: Bool, expected: [Int]) {
        let schedule = WatchSchedule(
            timing: WatchSession.Timing(timeout: .seconds(timeout)), sendsBookmarks: bookmarks)
        var time = Duration.zero
        var times: [Int] = []
        for pause in schedule.pauses() {
            schedule.advance(by: pause)
            time += pause
            times.append(Int(time.components.seconds))
            #expect(schedule.due() == (time == .seconds(timeout) ? .end : .bookmark))
        }
        #expect(times == expected)
    }
}

/// Gathers the lines of a watch.
final class Lines: Sendable {
    private let bytes = Locked<[UInt8]>([])

    func append(_ piece: [UInt8]) { bytes.change { $0 += piece } }

    var all: [JSON] {
        bytes.value.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONText.parse(Array($0)) }
    }
}
