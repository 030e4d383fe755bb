import Foundation
import Synchronization
import Testing

@testable import ObjectStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Calls that hang: a read of a pipe into which nobody writes.
@Suite(.timeLimit(.minutes(2))) struct FileLaneTests {
    /// A system call that waits until it is let go.
    private final class Hang: Sendable {
        private let ends: [Int32]

        init() {
            var ends: [Int32] = [-1, -1]
            _ = pipe(&ends)
            self.ends = ends
        }

        deinit { for end in ends { close(end) } }

        /// Blocks this thread.
        func wait() {
            var byte: UInt8 = 0
            while read(ends[0], &byte, 1) < 0, errno == EINTR {}
        }

        func letGo(_ count: Int = 1) {
            for _ in 0..<count {
                var byte: UInt8 = 1
                _ = write(ends[1], &byte, 1)
            }
        }
    }

    private final class Tally<Value: Sendable>: Sendable {
        private let state: Mutex<Value>
        init(_ value: Value) { state = Mutex(value) }
        var value: Value { state.withLock { $0 } }
        func change(_ body: (inout Value) -> Void) { state.withLock { body(&$0) } }
    }

    private func lane() -> FileLane { FileLane.of("/nowhere/\(UUID().uuidString)") }
    private static let short = Duration.milliseconds(50)
    private static let long = Duration.seconds(600)

    @Test(
        "A call that hangs is told with the folder and the mend, others of the folder at once, and it works when it is back"
    )
    func hanging() async throws {
        let lane = FileLane.of("/nowhere/\(UUID().uuidString)/backups")
        let hang = Hang()
        let lost = await storeError { try await lane.run(Self.short) { hang.wait() } }
        #expect(lost?.code == .unreachable && lost?.isRetriable == true)
        for word in ["/backups does not answer", "spec.filesystem.path", "nothing was changed"] {
            #expect(lost?.message.contains(word) == true, "\(lost?.message ?? "")")
        }
        // Not after its patience: that is ten minutes.
        let refused = await storeError { try await lane.run(Self.long) { _ = Issue.record("it ran") } }
        #expect(refused?.code == .unreachable)
        let ended = Hang()
        lane.leave(Self.long) { ended.letGo() }
        hang.letGo()
        // What cleans up is done once the folder is back.
        try await self.lane().run(Self.long) { ended.wait() }
        #expect(try await lane.run(Self.long) { 1 } == 1)
    }

    @Test("As many threads as a folder may have hang, and another folder and the cooperative pool go on")
    func threads() async throws {
        let (lane, other) = (lane(), lane())
        let hang = Hang()
        let running = Tally(0)
        let count = 40
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let lost = await storeError {
                        try await lane.run(Self.short) {
                            running.change { $0 += 1 }
                            hang.wait()
                        }
                    }
                    #expect(lost?.code == .unreachable)
                }
            }
            // More than the machine has processors and Dispatch has threads would be of no use to this one.
            for number in 0..<count {
                group.addTask {
                    let answer = try? await other.run(Self.long) { number }
                    #expect(answer == number)
                }
            }
        }
        #expect(running.value <= FileLane.width)
        hang.letGo(FileLane.width)
    }

    @Test("A change that hangs is unclear; nothing begins before it has ended, so that it overtakes nothing")
    func unclear() async throws {
        let lane = lane()
        let hang = Hang()
        let order = Tally<[String]>([])
        let lost = await storeError {
            // Long enough for the thread to get there on a busy machine.
            try await lane.run(.seconds(2)) {
                try FileCall.takeEffect()
                hang.wait()
                order.change { $0.append("first") }
            }
        }
        #expect(lost?.code == .unclear && lost?.isRetriable == true)
        #expect(lost?.message.contains("is not known") == true)
        hang.letGo()
        while true {
            do {
                try await lane.run(Self.long) { order.change { $0.append("second") } }
                break
            } catch let error as ObjectStoreError where error.code == .unreachable {
                await Task.yield()
            }
        }
        #expect(order.value == ["first", "second"])
    }

    @Test("A call that was lost, or whose task was cancelled, changes nothing when it wakes")
    func late() async throws {
        for isCancelled in [false, true] {
            let lane = lane()
            let (hang, begun, ended) = (Hang(), Hang(), Hang())
            let changes = Tally(0)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: (any Error).self) {
                        try await lane.run(isCancelled ? Self.long : Self.short) {
                            defer { ended.letGo() }
                            begun.letGo()
                            hang.wait()
                            try FileCall.takeEffect()
                            changes.change { $0 += 1 }
                        }
                    }
                }
                guard isCancelled else { return }
                _ = try? await self.lane().run(Self.long) { begun.wait() }
                group.cancelAll()
            }
            hang.letGo()
            try await self.lane().run(Self.long) { ended.wait() }
            #expect(changes.value == 0)
        }
    }

    @Test("All stores on a folder share its threads")
    func shared() {
        let path = "/nowhere/\(UUID().uuidString)"
        let lane = FileLane.of(path)
        #expect(FileLane.of(path) === lane)
        #expect(FileLane.of(path + "x") !== lane)
    }
}
