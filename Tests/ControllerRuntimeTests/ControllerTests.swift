import KubernetesClient
import KubernetesModel
import ScriptedAPIServer
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("A controller")
struct ControllerTests {
    private struct Tally {
        var working: [ObjectKey: Int] = [:]
        var passes: [ObjectKey: Int] = [:]
        var mostAtOnce = 0
        var collisions = 0
    }

    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "shop", name: name) }

    @Test("never works on one key twice at once, and works on several")
    func exclusive() async throws {
        let tally = Mutex(Tally())
        await withTaskGroup(of: Void.self) { group in
            let controller = Controller(name: "test", workers: 4, logger: quiet) { key in
                tally.withLock { tally in
                    tally.working[key, default: 0] += 1
                    if tally.working[key, default: 0] > 1 { tally.collisions += 1 }
                    tally.mostAtOnce = max(tally.mostAtOnce, tally.working.values.reduce(0, +))
                }
                try? await Task.sleep(for: .milliseconds(2))
                tally.withLock { tally in
                    tally.working[key, default: 0] -= 1
                    tally.passes[key, default: 0] += 1
                }
                return .done
            }
            group.addTask { await controller.run() }
            for round in 0..<100 {
                await controller.queue.add(key("\(round % 5)"))
                if round % 10 == 0 { try? await Task.sleep(for: .milliseconds(1)) }
            }
            while await controller.queue.depth > 0 { await Task.yield() }
            group.cancelAll()
        }
        tally.withLock { tally in
            #expect(tally.collisions == 0)
            #expect(tally.mostAtOnce > 1)
            #expect(tally.passes.count == 5)
        }
    }

    @Test("tries a failed key again, a terminal error not, and comes back when it is asked to")
    func outcomes() async throws {
        let passes = Mutex<[String: Int]>([:])
        await withTaskGroup(of: Void.self) { group in
            let controller = Controller(name: "test", logger: quiet) { key in
                let count = passes.withLock { passes in
                    passes[key.name, default: 0] += 1
                    return passes[key.name, default: 0]
                }
                switch key.name {
                case "fails" where count < 4: throw CocoaLike()
                case "terminal": throw TerminalError("no")
                case "later" where count < 3: return .requeue(after: .milliseconds(5))
                default: return .done
                }
            }
            group.addTask { await controller.run() }
            for name in ["fails", "terminal", "later"] { await controller.queue.add(key(name)) }
            while passes.withLock({ $0["fails"] != 4 || $0["later"] != 3 }) { await Task.yield() }
            group.cancelAll()
        }
        #expect(passes.withLock { $0 } == ["fails": 4, "terminal": 1, "later": 3])
    }

    @Test("lets an object be whose namespace is being deleted: nothing can be made there any more")
    func endingNamespace() async throws {
        let answer = Texts.status(
            "Forbidden", 403, message: "unable to create new content in namespace shop because it is being terminated",
            details: [
                "causes": [["reason": "NamespaceTerminating", "message": "it goes", "field": "metadata.namespace"]]
            ])
        try await withScriptedAPIServer([["match": "POST", "status": 403, "body": .string(answer.text)]]) { server in
            try await server.withClient { client in
                let passes = Mutex<[String: Int]>([:])
                let controller = Controller(name: "test", logger: quiet) { key in
                    let count = passes.withLock { passes in
                        passes[key.name, default: 0] += 1
                        return passes[key.name, default: 0]
                    }
                    if key.name == "other" {
                        // Longer than a key that fails would wait.
                        return count < 20 ? .requeue(after: .milliseconds(20)) : .done
                    }
                    _ = try await client.create(ConfigMap(metadata: ObjectMeta(name: "child", namespace: "shop")))
                    return .done
                }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await controller.run() }
                    for name in ["ends", "other"] { await controller.queue.add(key(name)) }
                    while passes.withLock({ $0["other"] != 20 }) { try? await Task.sleep(for: .milliseconds(5)) }
                    group.cancelAll()
                }
                #expect(passes.withLock { $0["ends"] } == 1)
            }
        }
    }

    /// As controller-runtime#3320 and k0smotron#1535 have it: a pass that does not see its own last child makes another.
    @Test("finds what its last pass has made, however late the watch is, and makes one child")
    func ownWrites() async throws {
        let child = Texts.configMap("child-1", version: "7")
        try await withScriptedAPIServer([
            [
                "match": "GET", "contains": "sendInitialEvents", "status": 422,
                "body": .string(Texts.status("Invalid", 422).text),
            ],
            ["match": "GET", "contains": "resourceVersion=0", "body": Texts.list([], version: "5")],
            ["match": "POST", "body": .string(child.text)],
            [
                "match": "GET", "contains": "watch=true", "hold": true, "lines": [Texts.event("ADDED", child)],
                "end": "hang",
            ],
        ]) { server in
            try await server.withClient { client in
                let children = Informer<ConfigMap>(client: client, logger: quiet)
                let passes = Mutex<[Int]>([])
                let controller = Controller(name: "test", logger: quiet) { _ in
                    let found = children.list().count
                    passes.withLock { $0.append(found) }
                    if found == 0 {
                        _ = try await client.create(ConfigMap(metadata: ObjectMeta(name: "child-1", namespace: "shop")))
                    }
                    return .done
                }
                controller.watch(children) { _ in [] }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await children.run() }
                    await children.waitForSync()
                    group.addTask { await controller.run() }
                    await controller.queue.add(key("parent"))
                    try await server.wait { $0.contains { $0.hasPrefix("POST") } }
                    while passes.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
                    // Another change of the parent, before the watch has brought the child.
                    await controller.queue.add(key("parent"))
                    while await controller.queue.depth > 0 { try await Task.sleep(for: .milliseconds(5)) }
                    try await server.release()
                    while passes.withLock({ $0.count < 2 }) { try await Task.sleep(for: .milliseconds(5)) }
                    group.cancelAll()
                }
                #expect(passes.withLock { $0 } == [0, 1])
                #expect(try await server.lines().filter { $0.hasPrefix("POST") }.count == 1)
            }
        }
    }

    private struct CocoaLike: Error {}
}

@Suite("A manager")
struct ManagerTests {
    @Test("starts caches, then workers; ends the workers, then the caches, then lets another lead")
    func order() async throws {
        let log = Mutex<[String]>([])
        @Sendable func note(_ text: String) { log.withLock { $0.append(text) } }
        @Sendable func untilCancelled() async { try? await Task.sleep(for: .seconds(3600)) }
        let manager = Manager(
            caches: [
                {
                    note("cache")
                    await untilCancelled()
                    note("cache ended")
                }
            ], syncs: [{ note("synced") }], workers: [{ note("worker") }])
        try await manager.run { workers in
            note("leads")
            await workers()
            // The lease is given back here.
            note("released")
        }
        let all = log.withLock { $0 }
        #expect(all.filter { $0 != "cache" } == ["synced", "leads", "worker", "cache ended", "released"])
    }

    @Test("ends with the error of who leads")
    func loss() async throws {
        let manager = Manager(caches: [{ try? await Task.sleep(for: .seconds(3600)) }], syncs: [], workers: [])
        await #expect(throws: LeadershipLost.self) {
            try await manager.run { _ in throw LeadershipLost(description: "lost") }
        }
    }
}

@Suite("What a pass has written")
struct OwnWritesTests {
    private let parent = ObjectKey(namespace: "shop", name: "parent")
    private let now = ContinuousClock.now

    private func written(_ version: String, _ type: ResourceType = ConfigMap.resourceType) -> WriteObserver.Write {
        WriteObserver.Write(type: type, key: ObjectKey(namespace: "shop", name: "child"), version: version)
    }

    @Test("holds its key, and no other, until the cache has the newest of it, or five seconds are over")
    func holds() {
        let seen = Mutex("5")
        var writes = OwnWrites()
        writes.caches[ConfigMap.resourceType] = { version, key in key.name == "child" && seen.withLock { $0 } == version
        }
        #expect(writes.hold(parent, at: now).pause == nil)
        writes.wrote(written("6"), in: parent, at: now)
        writes.wrote(written("7"), in: parent, at: now)
        #expect(writes.hold(ObjectKey(namespace: "shop", name: "other"), at: now).pause == nil)
        for version in ["5", "6"] {
            seen.withLock { $0 = version }
            #expect(writes.hold(parent, at: now).pause == OwnWrites.pace)
        }
        seen.withLock { $0 = "7" }
        #expect(writes.hold(parent, at: now) == (nil, false))
        seen.withLock { $0 = "8" }
        #expect(writes.hold(parent, at: now) == (nil, false))

        writes.wrote(written("9"), in: parent, at: now)
        #expect(writes.hold(parent, at: now + .seconds(4)) == (OwnWrites.pace, false))
        #expect(writes.hold(parent, at: now + .seconds(5)) == (nil, true))
        #expect(writes.hold(parent, at: now + .seconds(5)) == (nil, false))
    }

    @Test("of a kind that no cache has is not waited for")
    func others() {
        var writes = OwnWrites()
        writes.wrote(written("6"), in: parent, at: now)
        #expect(writes.hold(parent, at: now).pause == nil)
    }
}
