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

    private struct CocoaLike: Error {}
}

@Suite("A manager")
struct ManagerTests {
    @Test("starts caches, then workers, and ends the workers first")
    func order() async throws {
        let log = Mutex<[String]>([])
        @Sendable func note(_ text: String) { log.withLock { $0.append(text) } }
        @Sendable func untilCancelled() async { try? await Task.sleep(for: .seconds(3600)) }
        let manager = Manager(
            caches: [{
                note("cache")
                await untilCancelled()
                note("cache ended")
            }], syncs: [{ note("synced") }], workers: [{ note("worker") }])
        try await manager.run { workers in
            note("leads")
            await workers()
            note("worked")
        }
        let all = log.withLock { $0 }
        #expect(all.filter { $0 != "cache" } == ["synced", "leads", "worker", "worked", "cache ended"])
    }

    @Test("ends with the error of who leads")
    func loss() async throws {
        let manager = Manager(caches: [{ try? await Task.sleep(for: .seconds(3600)) }], syncs: [], workers: [])
        await #expect(throws: LeadershipLost.self) {
            try await manager.run { _ in throw LeadershipLost(description: "lost") }
        }
    }
}
