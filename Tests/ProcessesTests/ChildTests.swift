import Processes
import Testing

@Suite("A child process")
struct ChildTests {
    @Test("gives back what it wrote")
    func output() async throws {
        let output = try await runChild(Command("cat"), input: Array("hello".utf8))
        #expect(String(decoding: output, as: UTF8.self) == "hello")
    }

    @Test("gets every argument as it is, whatever a shell would make of it", arguments: ["$(x)", "a b", "'", "*", "-"])
    func argument(value: String) async throws {
        let output = try await runChild(Command("printf", ["%s", value]))
        #expect(String(decoding: output, as: UTF8.self) == value)
    }

    @Test("that fails tells its code and its last words")
    func failure() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await runChild(Command("sh", ["-c", "echo no room >&2; exit 3"]))
        }
        #expect(error?.code == .exited(3))
        #expect(error?.message == "no room")
    }

    @Test("that is not there is named")
    func missing() async throws {
        let error = await #expect(throws: ProcessError.self) { try await runChild(Command("no-such-program")) }
        #expect(error?.code == .notStarted)
        #expect(error?.program == "no-such-program")
    }

    @Test("passes more than a pipe holds, both ways at once")
    func large() async throws {
        let bytes = [UInt8](repeating: 7, count: 5 << 20)
        let output = try await runChild(Command("cat"), input: bytes)
        #expect(output == bytes)
    }

    @Test("is ended when its task is cancelled")
    func cancellation() async throws {
        let task = Task { try await runChild(Command("sleep", ["600"])) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test("is ended when the body throws, and the body's error is the one thrown")
    func bodyThrows() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await withChild(Command("sleep", ["600"])) { _ in throw Stop() }
        }
    }

    @Test("sees the environment that was added")
    func environment() async throws {
        let output = try await runChild(Command("sh", ["-c", "printf %s \"$MARK\""], environment: ["MARK": "x y"]))
        #expect(String(decoding: output, as: UTF8.self) == "x y")
    }
}
