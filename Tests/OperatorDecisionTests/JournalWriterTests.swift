import Foundation
import KubernetesModel
import Logging
import ObjectStore
import RecoveryAPI
import Synchronization
import Testing

@testable import Operator

/// The journal, and stores that do not answer.
@Suite struct JournalWriterTests {
    private func run(_ message: String) -> RecoveryRun {
        var run = Sample.run(.running)
        var step = RecoveryRun.StepStatus(phase: "p", step: "s", kind: "sql")
        step.message = message
        run.status?.steps = [step]
        return run
    }

    private func withWriter(_ body: (JournalWriter, SlowStore) async throws -> Void) async throws {
        let activities = ActivityRunner()
        let writer = JournalWriter(
            activities: activities, logger: Logger(label: "test"), patience: .milliseconds(20), pause: .milliseconds(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await activities.run() }
            try await body(writer, SlowStore())
            group.cancelAll()
        }
    }

    @Test("A store that answers has the journal before the act")
    func before() async throws {
        try await withWriter { writer, store in
            store.open()
            writer.write(run("first"), "u", to: store)
            await writer.settle("u")
            #expect(store.journal?.contains("first") == true)
        }
    }

    @Test("A store that swallows what it is sent holds nothing up, and has the newest status when it answers again")
    func swallowing() async throws {
        try await withWriter { writer, store in
            writer.write(run("first"), "u", to: store)
            // It returns, though the store has not.
            await writer.settle("u")
            writer.write(run("second"), "u", to: store)
            writer.write(run("third"), "u", to: store)
            await writer.settle("u")
            #expect(store.journal == nil)
            store.open()
            while store.journal?.contains("third") != true { await Task.yield() }
        }
    }

    @Test("A store that fails is tried again until it has the journal")
    func failing() async throws {
        try await withWriter { writer, store in
            store.fail(times: 3)
            store.open()
            writer.write(run("first"), "u", to: store)
            while store.journal?.contains("first") != true { await Task.yield() }
        }
    }
}

/// Keeps one journal, once it is open.
private final class SlowStore: ObjectStore {
    private struct State {
        var isOpen = false
        var failures = 0
        var journal: String?
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    var journal: String? { state.withLock { $0.journal } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            return state.waiting
        }
        for one in waiting { one.finish() }
    }

    func fail(times: Int) { state.withLock { $0.failures = times } }

    func put(_ key: String, _ bytes: [UInt8], _ condition: PutCondition) async throws -> ObjectInfo {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(continuation) }
            return state.isOpen
        }
        if !isOpen { for await _ in stream {} }
        try Task.checkCancellation()
        try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw ObjectStoreError(.unreachable, "away", key: key)
            }
            if key.hasSuffix("journal.jsonl") { state.journal = String(decoding: bytes, as: UTF8.self) }
        }
        return ObjectInfo(key: key, size: Int64(bytes.count), etag: "", modified: Sample.now)
    }

    func head(_ key: String) async throws -> ObjectInfo? { nil }
    func get(_ key: String, range: Range<Int64>?, ifMatch etag: String?) async throws -> [UInt8] { [] }
    func beginUpload(_ key: String) async throws -> any ObjectUpload { throw ObjectStoreError(.unsupported, "no") }
    func list(_ prefix: String) async throws -> [ObjectInfo] { [] }
    func delete(_ key: String) async throws {}
    func abandonedUploads(_ prefix: String) async throws -> [AbandonedUpload] { [] }
    func abort(_ upload: AbandonedUpload) async throws {}
}
