import Foundation
import Testing

@testable import Processes

@Suite("A pipe's end")
struct PipeEndTests {
    /// The two sides are closed by two threads at the same moment, while the reader waits.
    @Test("that is closed while its other side is lets its reader go, whoever comes first")
    func closing() async throws {
        for _ in 0..<500 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let pipes = try (0..<32).map { _ in try makePipe() }
                let ends = pipes.map { PipeEnd(adopting: $0.read, label: "test") }
                for end in ends {
                    group.addTask {
                        // Empty at the end of the other side, or refused after the close: nothing else.
                        let bytes = try? await end.read(upTo: 1)
                        #expect(bytes == nil || bytes == [])
                    }
                }
                for _ in 0..<50 { await Task.yield() }
                group.addTask { for pipe in pipes { close(pipe.write) } }
                group.addTask { for end in ends { end.close() } }
                try await group.waitForAll()
            }
        }
    }

    @Test("wakes its reader each time that something comes, and at the end")
    func pieces() async throws {
        let pipe = try makePipe()
        let end = PipeEnd(adopting: pipe.read, label: "test")
        let other = PipeEnd(adopting: pipe.write, label: "test")
        for number in 0..<100 {
            async let bytes = end.read(upTo: 10)
            try await other.write([UInt8(number)])
            #expect(try await bytes == [UInt8(number)])
        }
        async let last = end.read(upTo: 10)
        other.close()
        #expect(try await last == [])
    }
}
