import Foundation
import Processes
import Synchronization
import Testing

@Suite("A server as a child")
struct ServerTests {
    /// Where the build puts the tests' own programs.
    static let processTool =
        Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "process-tool").path ?? ""

    static func isAlive(_ process: Int32) -> Bool {
        // A zombie has ended: somebody has yet to ask how.
        let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        guard let rest = state?.split(separator: ")").last else { return false }
        return !rest.hasPrefix(" Z")
    }

    @Test("runs while the body does, and has ended afterwards", arguments: Command.EndSignal.allCases)
    func ends(signal: Command.EndSignal) async throws {
        let process = try await withServer(Command("sleep", ["600"], endSignal: signal, diesWithParent: .kill)) {
            server in
            #expect(Self.isAlive(server.process))
            return server.process
        }
        #expect(!Self.isAlive(process))
    }

    @Test("ends with a body that throws, whose error is the one told")
    func bodyThrows() async throws {
        struct Stop: Error {}
        let number = Mutex<Int32>(0)
        await #expect(throws: Stop.self) {
            try await withServer(Command("sleep", ["600"])) { server in
                number.withLock { $0 = server.process }
                throw Stop()
            }
        }
        #expect(!Self.isAlive(number.withLock { $0 }))
    }

    @Test("that ended by itself is why the body failed")
    func endedEarly() async throws {
        struct Lost: Error {}
        let error = await #expect(throws: ProcessError.self) {
            try await withServer(Command("sh", ["-c", "echo no room >&2; exit 3"])) { server in
                while Self.isAlive(server.process) { await Task.yield() }
                throw Lost()
            }
        }
        #expect(error == ProcessError(code: .exited(3), program: "sh", message: "no room"))
    }

    @Test("is never held up by what it writes, the last of which is kept")
    func output() async throws {
        let script =
            "head -c 5000000 /dev/zero | tr '\\0' x; head -c 5000000 /dev/zero | tr '\\0' y >&2; echo done >&2; exec sleep 600"
        try await withServer(Command("sh", ["-c", script])) { server in
            while !server.lastWords.contains("done") { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("ends with a process that is killed", arguments: Command.EndSignal.allCases)
    func parentKilled(signal: Command.EndSignal) async throws {
        let number = Mutex<Int32>(0)
        await #expect(throws: ProcessError.self) {
            try await withChild(Command(Self.processTool, [signal.rawValue, "sleep", "600"])) { streams in
                var text = ""
                while !text.hasSuffix("\n") {
                    text += String(decoding: try await streams.output.read(upTo: 100), as: UTF8.self)
                }
                let process = try #require(Int32(text.dropFirst("running ".count).dropLast()))
                number.withLock { $0 = process }
                #expect(Self.isAlive(process))
                // Its parent is process-tool: killed, it cannot end anything itself.
                let status = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
                let parent = try #require(Int32(status.split(separator: ")").last?.split(separator: " ")[1] ?? ""))
                kill(parent, SIGKILL)
                _ = try await streams.output.read(upTo: 1)
            }
        }
        while Self.isAlive(number.withLock { $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test(
        "gets its arguments as they are, whatever a shell would make of them",
        arguments: ["$(x)", "a b", "'", "*", "-"])
    func arguments(value: String) async throws {
        let output = try await runChild(Command("printf", ["%s|%s", value, value], diesWithParent: .kill))
        #expect(String(decoding: output, as: UTF8.self) == "\(value)|\(value)")
    }

    @Test("that is not there is named", arguments: ["no-such-program", "/nowhere/no-such-program"])
    func missing(program: String) async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await runChild(Command(program, diesWithParent: .kill))
        }
        #expect(error?.code == .notStarted)
        #expect(error?.program == "no-such-program")
    }

    @Test(
        "runs as the account that root gives it, without root's groups", .enabled(if: getuid() == 0),
        arguments: [nil, .kill] as [Command.EndSignal?])
    func account(signal: Command.EndSignal?) async throws {
        let output = try await runChild(
            Command(
                "sh", ["-c", "id -u; id -g; id -G"], account: Command.Account(user: 4242, group: 4343),
                diesWithParent: signal))
        #expect(String(decoding: output, as: UTF8.self) == "4242\n4343\n4343\n")
    }
}
